// Package plane runs a Kubernetes control plane on loopback: etcd, kube-apiserver and kube-controller-manager, each a
// child process, for as long as a context lives.
package plane

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"time"
)

// startPatience is generous: a start takes seconds, but the machine may be compiling something.
const startPatience = 3 * time.Minute

// Config says what to run and where.
type Config struct {
	Binary string // has the subcommands etcd, kube-apiserver, kube-controller-manager and kubectl
	Dir    string // for the kubeconfig, the logs and, while it runs, the data
	CRDs   string // path of CRDs to apply before the controller manager starts; optional
}

type plane struct {
	Config
	home        *home
	ports       ports
	credentials *credentials
	children    children
}

// Run starts the plane, calls ready once it can be used, and stops it when the context ends or something fails. Having
// been told to stop is no error.
func Run(parent context.Context, config Config, ready func(kubeconfig string) error) error {
	// The kernel kills the children when the thread that started them ends: keep one for as long as there are any.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	home, err := claim(config.Dir)
	if err != nil {
		return err
	}
	defer home.leave()
	ctx, fail := context.WithCancelCause(parent)
	defer fail(nil)
	p := &plane{Config: config, home: home, children: children{binary: config.Binary, logs: home.dir, lost: fail}}
	defer p.children.stop()

	err = p.run(ctx, ready)
	if parent.Err() != nil && context.Cause(ctx) == context.Cause(parent) {
		return nil
	}
	return err
}

func (p *plane) run(ctx context.Context, ready func(kubeconfig string) error) error {
	tooLate := fmt.Errorf("not ready after %v", startPatience)
	starting, cancel := context.WithTimeoutCause(ctx, startPatience, tooLate)
	defer cancel()
	if err := p.prepare(); err != nil {
		return err
	}
	defer p.ports.release()
	if err := p.start(starting); err != nil {
		return err
	}
	if err := ready(p.home.kubeconfig()); err != nil {
		return err
	}
	<-ctx.Done()
	return context.Cause(ctx)
}

func (p *plane) prepare() (err error) {
	if p.ports, err = reservePorts(); err != nil {
		return err
	}
	if p.credentials, err = newCredentials(); err != nil {
		return err
	}
	return p.credentials.write(p.home, p.ports.apiserver.number)
}

// start goes from the bottom up. Each waits for the one below: one that is met by a refused connection retries only
// after a second.
func (p *plane) start(ctx context.Context) error {
	if err := p.children.start("etcd", p.etcdArguments()...); err != nil {
		return err
	}
	if err := await(ctx, p.etcdURL()+"/readyz", nil); err != nil {
		return err
	}
	if err := p.children.start("kube-apiserver", p.apiserverArguments()...); err != nil {
		return err
	}
	if err := await(ctx, p.apiserverURL()+"/readyz", p.credentials); err != nil {
		return err
	}
	if err := p.applyCRDs(ctx); err != nil {
		return err
	}
	if err := p.children.start("kube-controller-manager", p.controllerManagerArguments()...); err != nil {
		return err
	}
	return await(ctx, p.apiserverURL()+"/api/v1/namespaces/default/serviceaccounts/default", p.credentials)
}

// applyCRDs comes before the controller manager, whose garbage collector looks for new kinds only every 30 seconds and
// until then does not see that an owner of such a kind is gone.
func (p *plane) applyCRDs(ctx context.Context) error {
	if p.CRDs == "" {
		return nil
	}
	for _, arguments := range [][]string{
		{"apply", "--server-side", "-f", p.CRDs},
		{"wait", "--for=condition=Established", "-f", p.CRDs},
	} {
		arguments = append([]string{"kubectl", "--kubeconfig", p.home.kubeconfig(), "--cache-dir", p.home.data("kubectl")}, arguments...)
		command := exec.CommandContext(ctx, p.Binary, arguments...)
		confine(command)
		if output, err := command.CombinedOutput(); err != nil {
			return errors.Join(fmt.Errorf("applying %s: %w\n%s", p.CRDs, err, output), context.Cause(ctx))
		}
	}
	return nil
}
