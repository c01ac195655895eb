package extism

import (
	"errors"
	"strings"

	"plugbay.dev/guest/extism/internal/host"
)

// Config returns the text of a key of the plugin's config, and whether there is one. Extism can't tell an empty text from
// none.
func Config(key string) (string, bool) {
	return host.Config(key)
}

// Var returns a variable, and whether there is one. Variables belong to an instance and outlive its calls.
func Var(key string) ([]byte, bool) {
	return host.Var(key)
}

// SetVar sets a variable. No bytes remove it: Extism can't keep them. A host whose store is full ends the call.
func SetVar(key string, value []byte) {
	if len(value) == 0 {
		host.RemoveVar(key)
		return
	}
	host.SetVar(key, value)
}

// RemoveVar removes a variable.
func RemoveVar(key string) {
	host.RemoveVar(key)
}

// A Request is an HTTP request.
type Request struct {
	// Method is GET, HEAD, POST, PUT, PATCH, DELETE, CONNECT, OPTIONS or TRACE.
	Method string
	// URL is the whole address.
	URL string
	// Headers may be nil.
	Headers map[string]string
	// Body may be nil.
	Body []byte
}

// A Response is the server's answer.
type Response struct {
	// Status is the server's status code; any is an answer.
	Status int
	// Headers are the response's; never nil.
	Headers map[string]string
	// Body is the response's.
	Body []byte
}

// HTTP sends a request and waits for the answer. It is an error for a method that there is not. A host that does not grant
// the request, or can't do it, ends the call.
func HTTP(request Request) (*Response, error) {
	switch request.Method {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE":
	default:
		return nil, errors.New("there is no method " + request.Method)
	}
	response := host.HTTP(host.Request(request))
	if response.Headers == nil {
		response.Headers = map[string]string{}
	}
	return &Response{response.Status, response.Headers, response.Body}, nil
}

// A Level says how important a log line is.
type Level int

// The levels that Extism knows.
const (
	LevelTrace Level = host.Trace
	LevelDebug Level = host.Debug
	LevelInfo  Level = host.Info
	LevelWarn  Level = host.Warn
	LevelError Level = host.Error
)

var levelNames = [...]string{"trace", "debug", "info", "warn", "error"}

// String is the level's name.
func (l Level) String() string {
	if l < 0 || int(l) >= len(levelNames) {
		return "none"
	}
	return levelNames[l]
}

// ParseLevel returns the level called trace, debug, info, warn or error, and whether the name is one of these.
func ParseLevel(name string) (Level, bool) {
	for level, known := range levelNames {
		if name == known {
			return Level(level), true
		}
	}
	return 0, false
}

// Log writes a line to the host's log. An empty line is none: Extism has no empty texts.
func Log(level Level, text string) {
	host.Log(int(level), strings.ToValidUTF8(text, "\uFFFD"))
}

// Trace writes a line for those who follow each step.
func Trace(text string) { Log(LevelTrace, text) }

// Debug writes a line for those who look for a mistake.
func Debug(text string) { Log(LevelDebug, text) }

// Info writes a line about what happens.
func Info(text string) { Log(LevelInfo, text) }

// Warn writes a line about what should not be.
func Warn(text string) { Log(LevelWarn, text) }

// Error writes a line about what went wrong.
func Error(text string) { Log(LevelError, text) }
