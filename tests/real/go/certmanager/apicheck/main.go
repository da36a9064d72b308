// The API check behind `cmctl check api` and startupapicheck of this release: one shot, or polled with --wait.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/cert-manager/cert-manager/pkg/util/cmapichecker"
)

func run() error {
	kubeconfig := flag.String("kubeconfig", os.Getenv("KUBECONFIG"), "kubeconfig file")
	namespace := flag.String("namespace", "default", "namespace of the dry-run objects")
	patience := flag.Duration("wait", 0, "poll for this long instead of asking once")
	interval := flag.Duration("interval", 5*time.Second, "time between two polls")
	flag.Parse()
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		return err
	}
	checker, err := cmapichecker.New(config, *namespace)
	if err != nil {
		return err
	}
	deadline := time.Now().Add(*patience)
	for {
		err := checker.Check(context.Background())
		if err == nil {
			fmt.Println("The cert-manager API is ready")
			return nil
		}
		if time.Now().Add(*interval).After(deadline) {
			return err
		}
		fmt.Fprintln(os.Stderr, "Not ready:", err)
		time.Sleep(*interval)
	}
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
