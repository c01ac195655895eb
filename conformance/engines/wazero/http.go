package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// mostKept bounds what is kept of what a plugin requests and sends; of one that floods the rest is lost.
const mostKept = 1 << 20

// cannedHTTP answers a plugin's requests from a list and remembers them.
type cannedHTTP struct {
	responses map[string]response
	requests  []sentRequest
	used      int
}

func newCannedHTTP(responses []response) *cannedHTTP {
	canned := &cannedHTTP{responses: map[string]response{}}
	for _, item := range responses {
		canned.responses[item.URL] = item
	}
	return canned
}

func (c *cannedHTTP) take() []sentRequest {
	taken := c.requests
	c.requests, c.used = nil, 0
	return taken
}

func (c *cannedHTTP) answer(r *http.Request) (*http.Response, error) {
	asked := sentRequest{URL: r.URL.String(), Method: r.Method, Headers: map[string]string{}}
	for name, values := range r.Header {
		asked.Headers[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		asked.Body = body
	}
	if c.used += len(asked.URL) + len(asked.Body); c.used <= mostKept {
		c.requests = append(c.requests, asked)
	}
	found, ok := c.responses[asked.URL]
	if !ok {
		return nil, fmt.Errorf("HTTP to %.200s was not granted", asked.URL)
	}
	headers := http.Header{}
	for name, value := range found.Headers {
		headers.Set(name, value)
	}
	return &http.Response{
		StatusCode: found.Status,
		Header:     headers,
		Body:       io.NopCloser(bytes.NewReader(found.Body)),
		Request:    r,
	}, nil
}

// noNetwork is the transport of every client in this program: requests are answered by the session that makes them.
type noNetwork struct{}

func (noNetwork) RoundTrip(r *http.Request) (*http.Response, error) {
	session, found := r.Context().Value(callSessionKey{}).(*callSession)
	if !found {
		return nil, fmt.Errorf("nothing here reaches a network")
	}
	return session.http.answer(r)
}

// closeNetwork takes the place of the client that the SDK makes its requests with.
func closeNetwork() {
	http.DefaultTransport = noNetwork{}
	http.DefaultClient = &http.Client{
		Transport:     noNetwork{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
