package main

// protocol is raised whenever a program of the old one would misunderstand a request of the new one, or the other way.
const protocol = 1

// request is one line of the input; each operation reads the fields that it needs (README.md).
type request struct {
	Op      string `json:"op"`
	Session int    `json:"session"`

	Module  string   `json:"module"`
	Wasm    []byte   `json:"wasm"`
	Pages   uint32   `json:"pages"`
	Start   []string `json:"start"`
	Glue    []glue   `json:"glue"`
	Keep    bool     `json:"keep"`
	Setting setting  `json:"setting"`

	Export    string   `json:"export"`
	Arguments []uint64 `json:"arguments"`
	At        uint32   `json:"at"`
	Size      uint32   `json:"size"`
	Data      []byte   `json:"data"`

	Allocator allocator  `json:"allocator"`
	Plan      [][2]int64 `json:"plan"`
	Rounds    int        `json:"rounds"`
	Payloads  [][]byte   `json:"payloads"`
	Count     int        `json:"count"`
}

// glue is an import of wasm-bindgen's own, under the name that the module has for it; role is what it is.
type glue struct {
	Module string `json:"module"`
	Name   string `json:"name"`
	Role   string `json:"role"`
}

// setting is what a session offers its guest.
type setting struct {
	State       map[string][]byte `json:"state"`
	Answers     map[string][]byte `json:"answers"`
	Responses   []response        `json:"responses"`
	Config      map[string]string `json:"config"`
	Clock       int64             `json:"clock"`
	Seed        uint64            `json:"seed"`
	Deadline    float64           `json:"deadline"`
	GrantsState bool              `json:"grants_state"`
}

// response is what an Extism plugin is answered to a request for a URL.
type response struct {
	URL     string            `json:"url"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    []byte            `json:"body"`
}

// allocator names the guest's own, and how it is called: shape is the number that the Python side's prober has for it.
type allocator struct {
	Alloc string `json:"alloc"`
	Free  string `json:"free"`
	Shape int    `json:"shape"`
}

// event is a call of the guest into the host.
type event struct {
	Name  string   `json:"name"`
	Data  [][]byte `json:"data"`
	Level *uint32  `json:"level,omitempty"`
}

// progress is a line that comes before the reply when something is done by the thousand: so much is done.
type progress struct {
	Progress int `json:"progress"`
	// Watched says that the session's code looks at no clock from here on: its calls are stopped by ending the process, which
	// is for the one that reads these lines to do.
	Watched bool `json:"watched"`
}

// reply is one line of the output. Stopped, Outside, Missing and Broken say why there is no result.
type reply struct {
	Stopped *stopped `json:"stopped,omitempty"`
	Outside string   `json:"outside,omitempty"`
	Missing bool     `json:"missing,omitempty"`
	Broken  string   `json:"broken,omitempty"`

	Results  []uint64          `json:"results,omitempty"`
	Data     []byte            `json:"data,omitempty"`
	Pages    uint32            `json:"pages,omitempty"`
	Events   []event           `json:"events,omitempty"`
	Dropped  int               `json:"dropped,omitempty"`
	State    map[string][]byte `json:"state,omitempty"`
	Bulk     *bulk             `json:"bulk,omitempty"`
	Outcome  *outcome          `json:"outcome,omitempty"`
	Logs     []logLine         `json:"logs,omitempty"`
	Requests []sentRequest     `json:"requests,omitempty"`
	Sent     [][]byte          `json:"sent,omitempty"`
}

// stopped is how a call ended without an answer: trap, exit, deadline or link. It is what host functions panic with.
type stopped struct {
	Kind   string `json:"kind"`
	Reason string `json:"reason"`
}

func (s *stopped) Error() string { return s.Reason }

const (
	kindTrap     = "trap"
	kindExit     = "exit"
	kindDeadline = "deadline"
	kindLink     = "link"
)

// outside says that a pointer of the guest's does not lie in its memory.
type outside struct{ reason string }

func (o *outside) Error() string { return o.reason }

// bulk is what became of a plan, or of many messages.
type bulk struct {
	Done            int    `json:"done"`
	PagesAfterFirst uint32 `json:"pages_after_first"`
	Pages           uint32 `json:"pages"`
	Digest          string `json:"digest"`
	Fault           *fault `json:"fault"`
}

// fault is what the guest did wrong in the midst of it; kind is the prober's number.
type fault struct {
	Kind    int    `json:"kind"`
	Pointer uint32 `json:"pointer"`
	Size    uint32 `json:"size"`
}

// outcome is how a call of an Extism plugin ended.
type outcome struct {
	Status string `json:"status"`
	Output []byte `json:"output"`
	Error  string `json:"error"`
	Code   *int32 `json:"code"`
}

type logLine struct {
	Level string `json:"level"`
	Text  []byte `json:"text"`
}

type sentRequest struct {
	URL     string            `json:"url"`
	Method  string            `json:"method"`
	Headers map[string]string `json:"headers"`
	Body    []byte            `json:"body"`
}
