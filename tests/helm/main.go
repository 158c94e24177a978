// Command helm is Helm 4 as it is released: the tests install the chart with it.
package main

import (
	"errors"
	"fmt"
	"os"

	helmcmd "helm.sh/helm/v4/pkg/cmd"
	"helm.sh/helm/v4/pkg/kube"
)

func main() {
	kube.ManagedFieldsManager = "helm" // and not the name of the binary
	command, err := helmcmd.NewRootCmd(os.Stdout, os.Args[1:], helmcmd.SetupLogging)
	if err != nil {
		fmt.Fprintf(os.Stderr, "helm: %v\n", err)
		os.Exit(1)
	}
	if err := command.Execute(); err != nil { // it has said why
		var failure helmcmd.CommandError
		if errors.As(err, &failure) {
			os.Exit(failure.ExitCode)
		}
		os.Exit(1)
	}
}
