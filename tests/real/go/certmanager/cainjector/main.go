// The CA injector of cert-manager as a plain process.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/apimachinery/pkg/util/wait"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	apiregistrationv1 "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"github.com/cert-manager/cert-manager/pkg/controller/cainjector"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	"github.com/cert-manager/cert-manager/pkg/util"
)

// The published cainjector gives up when the Certificate CRD does not appear for this long.
const crdPatience = 5 * time.Minute

func schemes() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		clientscheme.AddToScheme, cmapi.AddToScheme, apiextensionsv1.AddToScheme, apiregistrationv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	return scheme, nil
}

func awaitCertificateCRD(ctx context.Context, reader client.Reader) error {
	name := types.NamespacedName{Name: "certificates.cert-manager.io"}
	return wait.PollUntilContextTimeout(ctx, time.Second, crdPatience, true, func(ctx context.Context) (bool, error) {
		return reader.Get(ctx, name, &apiextensionsv1.CustomResourceDefinition{}) == nil, nil
	})
}

// leaseLock holds the Lease under the pod's name, as in a cluster, where the host name is the pod's.
func leaseLock(config *rest.Config, namespace string, renewDeadline time.Duration) (resourcelock.Interface, error) {
	name := os.Getenv("POD_NAME")
	if name == "" {
		var err error
		if name, err = os.Hostname(); err != nil {
			return nil, err
		}
	}
	identity := name + "_" + string(uuid.NewUUID())
	return resourcelock.NewFromKubeconfig(
		resourcelock.LeasesResourceLock, namespace, "cert-manager-cainjector-leader-election",
		resourcelock.ResourceLockConfig{Identity: identity}, rest.AddUserAgent(config, "leader-election"), renewDeadline,
	)
}

func run() error {
	leaderElect := flag.Bool("leader-elect", true, "take part in leader election")
	leaseNamespace := flag.String("leader-election-namespace", "kube-system", "namespace of the Lease")
	leaseDuration := flag.Duration("leader-election-lease-duration", 60*time.Second, "")
	renewDeadline := flag.Duration("leader-election-renew-deadline", 40*time.Second, "")
	retryPeriod := flag.Duration("leader-election-retry-period", 15*time.Second, "")
	flag.Parse()

	logf.InitLogs()
	ctrl.SetLogger(logf.Log)
	ctx := ctrl.SetupSignalHandler()
	scheme, err := schemes()
	if err != nil {
		return err
	}
	config := util.RestConfigWithUserAgent(ctrl.GetConfigOrDie(), "cainjector")
	lock, err := leaseLock(config, *leaseNamespace, *renewDeadline)
	if err != nil {
		return err
	}
	manager, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:                              scheme,
		Cache:                               cache.Options{ReaderFailOnMissingInformer: true},
		Client:                              client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}}}},
		Metrics:                             metricsserver.Options{BindAddress: "0"},
		LeaderElection:                      *leaderElect,
		LeaderElectionResourceLockInterface: lock,
		LeaderElectionReleaseOnCancel:       true,
		LeaseDuration:                       leaseDuration,
		RenewDeadline:                       renewDeadline,
		RetryPeriod:                         retryPeriod,
	})
	if err != nil {
		return err
	}
	if err := awaitCertificateCRD(ctx, manager.GetAPIReader()); err != nil {
		return fmt.Errorf("the Certificate CRD did not appear: %w", err)
	}
	err = cainjector.RegisterAllInjectors(ctx, manager, cainjector.SetupOptions{
		EnableCertificatesDataSource: true,
		EnabledReconcilersFor: map[string]bool{
			cainjector.MutatingWebhookConfigurationName:   true,
			cainjector.ValidatingWebhookConfigurationName: true,
			cainjector.APIServiceName:                     true,
			cainjector.CustomResourceDefinitionName:       true,
		},
	})
	if err != nil {
		return err
	}
	return manager.Start(ctx)
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "cainjector:", err)
		os.Exit(1)
	}
}
