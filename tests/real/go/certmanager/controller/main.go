// The controller of cert-manager as a plain process, with the SelfSigned and CA issuers.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/cert-manager/cert-manager/pkg/controller"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/approver"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/ca"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/selfsigned"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/issuing"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/keymanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/readiness"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/requestmanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/revisionmanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/trigger"
	_ "github.com/cert-manager/cert-manager/pkg/controller/clusterissuers"
	_ "github.com/cert-manager/cert-manager/pkg/controller/issuers"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/ca"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/selfsigned"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	"github.com/cert-manager/cert-manager/pkg/util"
)

type settings struct {
	kubeconfig, clusterNamespace, healthz, leaseNamespace string
	leaderElect                                           bool
	leaseDuration, renewDeadline, retryPeriod             time.Duration
}

func parse() settings {
	var s settings
	flag.StringVar(&s.kubeconfig, "kube-config", "", "kubeconfig file")
	flag.StringVar(&s.clusterNamespace, "cluster-resource-namespace", "cert-manager", "")
	flag.StringVar(&s.healthz, "healthz-listen-address", "127.0.0.1:9403", "address of /livez")
	flag.StringVar(&s.leaseNamespace, "leader-election-namespace", "kube-system", "")
	flag.BoolVar(&s.leaderElect, "leader-elect", true, "")
	flag.DurationVar(&s.leaseDuration, "leader-election-lease-duration", 60*time.Second, "")
	flag.DurationVar(&s.renewDeadline, "leader-election-renew-deadline", 40*time.Second, "")
	flag.DurationVar(&s.retryPeriod, "leader-election-retry-period", 15*time.Second, "")
	flag.Parse()
	return s
}

func serveLivez(address string) {
	mux := http.NewServeMux()
	mux.HandleFunc("/livez", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") })
	server := &http.Server{Addr: address, Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	if err := server.ListenAndServe(); err != nil && !errors.Is(err, http.ErrServerClosed) {
		fmt.Fprintln(os.Stderr, "controller:", err)
		os.Exit(1)
	}
}

func runControllers(ctx context.Context, factory *controller.ContextFactory) error {
	root, err := factory.Build()
	if err != nil {
		return err
	}
	var group sync.WaitGroup
	for name, construct := range controller.Known() {
		loop, err := construct(factory)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		group.Go(func() {
			if err := loop.Run(5, ctx); err != nil {
				fmt.Fprintln(os.Stderr, "controller:", name, err)
				os.Exit(1)
			}
		})
	}
	root.SharedInformerFactory.Start(ctx.Done())
	root.KubeSharedInformerFactory.Start(ctx.Done())
	root.HTTP01ResourceMetadataInformersFactory.Start(ctx.Done())
	group.Wait()
	return nil
}

func elect(ctx context.Context, s settings, lead func(context.Context)) error {
	config := util.RestConfigWithUserAgent(ctrl.GetConfigOrDie(), "leader-election")
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	if pod := os.Getenv("POD_NAME"); pod != "" {
		host = pod
	}
	leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{
		Lock: &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Namespace: s.leaseNamespace, Name: "cert-manager-controller"},
			Client:     client.CoordinationV1(),
			LockConfig: resourcelock.ResourceLockConfig{Identity: host + "-external-cert-manager-controller"},
		},
		ReleaseOnCancel: true,
		LeaseDuration:   s.leaseDuration,
		RenewDeadline:   s.renewDeadline,
		RetryPeriod:     s.retryPeriod,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: lead,
			OnStoppedLeading: func() {},
		},
	})
	return nil
}

func run() error {
	s := parse()
	os.Setenv("KUBECONFIG", s.kubeconfig)
	logf.InitLogs()
	ctrl.SetLogger(logf.Log)
	ctx := ctrl.SetupSignalHandler()
	small := resource.MustParse("10m")
	factory, err := controller.NewContextFactory(ctx, controller.ContextOptions{
		Kubeconfig:         s.kubeconfig,
		KubernetesAPIQPS:   20,
		KubernetesAPIBurst: 50,
		IssuerOptions:      controller.IssuerOptions{ClusterResourceNamespace: s.clusterNamespace},
		ACMEOptions: controller.ACMEOptions{
			HTTP01SolverResourceRequestCPU:    small,
			HTTP01SolverResourceRequestMemory: resource.MustParse("64Mi"),
			HTTP01SolverResourceLimitsCPU:     small,
			HTTP01SolverResourceLimitsMemory:  resource.MustParse("64Mi"),
		},
		CertificateOptions: controller.CertificateOptions{
			CertificateRequestMinimumBackoffDuration: time.Hour,
			CertificateRequestMaximumBackoffDuration: 32 * time.Hour,
		},
		SchedulerOptions: controller.SchedulerOptions{MaxConcurrentChallenges: 60},
	})
	if err != nil {
		return err
	}
	go serveLivez(s.healthz)
	if !s.leaderElect {
		return runControllers(ctx, factory)
	}
	return elect(ctx, s, func(ctx context.Context) {
		if err := runControllers(ctx, factory); err != nil {
			fmt.Fprintln(os.Stderr, "controller:", err)
			os.Exit(1)
		}
	})
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "controller:", err)
		os.Exit(1)
	}
}
