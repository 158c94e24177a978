package plane

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	pollInterval   = 50 * time.Millisecond
	requestTimeout = 5 * time.Second
)

// await asks for a URL until the answer is OK; with credentials, as the administrator.
func await(ctx context.Context, url string, as *credentials) error {
	transport := &http.Transport{}
	if as != nil {
		transport.TLSClientConfig = &tls.Config{RootCAs: as.roots()}
	}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: requestTimeout}
	for {
		err := ask(ctx, client, url, as)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w (waiting for %s: %v)", context.Cause(ctx), url, err)
		case <-time.After(pollInterval):
		}
	}
}

func ask(ctx context.Context, client *http.Client, url string, as *credentials) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	if as != nil {
		request.Header.Set("Authorization", "Bearer "+as.token)
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body) // says which check fails
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", response.Status, body)
	}
	return err
}
