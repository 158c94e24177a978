package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"flagsmith-operator.dev/tests/controlplane/plane"
)

var errStdinClosed = errors.New("stdin was closed")

// up runs a control plane until it is told to stop, and returns the exit code.
func up(args []string) int {
	flags := flag.NewFlagSet("up", flag.ExitOnError)
	dir := flags.String("dir", "", "`directory` for the kubeconfig, the logs and, while it runs, the data (required)")
	crds := flags.String("crds", "", "`path` of CRDs that are applied before the controller manager starts")
	untilSignal := flags.Bool("until-signal", false, "run until SIGTERM or SIGINT, whatever becomes of stdin")
	_ = flags.Parse(args) // exits on an error
	if *dir == "" || flags.NArg() > 0 {
		flags.Usage()
		return 2
	}

	ctx, stop := signal.NotifyContext(context.Background(), stopSignals()...)
	defer stop()
	if !*untilSignal {
		ctx = untilClosed(ctx, os.Stdin)
	}
	binary, err := os.Executable()
	if err == nil {
		err = plane.Run(ctx, plane.Config{Binary: binary, Dir: *dir, CRDs: *crds}, announce)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "controlplane: %v\n", err)
		return 1
	}
	return 0
}

func announce(kubeconfig string) error {
	_, err := fmt.Printf("ready %s\n", kubeconfig)
	return err
}

// stopSignals has SIGPIPE too: to Go, a reader of stdout or stderr that is gone is a sudden death otherwise.
func stopSignals() []os.Signal {
	signals := []os.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGPIPE}
	if !signal.Ignored(syscall.SIGHUP) { // started under nohup
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

// untilClosed ends the context when the other end of the pipe is closed: however the holder dies, the kernel closes it.
func untilClosed(ctx context.Context, pipe io.Reader) context.Context {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, pipe)
		cancel(errStdinClosed)
	}()
	return ctx
}
