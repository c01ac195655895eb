package main

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

func mustRequest(t *testing.T) *http.Request {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, "https://a.example/", strings.NewReader("asked"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-One", "1")
	return request
}

func TestARequestIsAnsweredByTheSessionThatMakesIt(t *testing.T) {
	session := &callSession{http: newCannedHTTP([]response{{
		URL: "https://a.example/", Status: 302, Headers: map[string]string{"location": "https://b.example/"}, Body: []byte("told"),
	}})}
	closeNetwork()
	request := mustRequest(t).WithContext(context.WithValue(context.Background(), callSessionKey{}, session))
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, _ := io.ReadAll(answer.Body); answer.StatusCode != 302 || string(body) != "told" {
		t.Errorf("got %d %q", answer.StatusCode, body)
	}
	asked := session.http.take()
	if len(asked) != 1 || asked[0].Headers["x-one"] != "1" || string(asked[0].Body) != "asked" || asked[0].Method != "POST" {
		t.Errorf("noted %+v", asked)
	}
}

func TestAFloodOfRequestsIsNotKept(t *testing.T) {
	canned := newCannedHTTP(nil)
	for range 3 {
		request, _ := http.NewRequest(http.MethodPost, "https://a.example/", strings.NewReader(strings.Repeat("x", mostKept/2)))
		_, _ = canned.answer(request)
	}
	if got := len(canned.take()); got != 1 {
		t.Errorf("%d requests were kept", got)
	}
}
