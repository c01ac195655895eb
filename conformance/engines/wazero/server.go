package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/tetratelabs/wazero"
)

// server holds the modules and sessions of one process; it answers one request at a time.
type server struct {
	config   wazero.RuntimeConfig
	report   func(*progress)
	modules  map[string]*guestModule
	order    []string
	pointers map[int]*pointerSession
	calls    map[int]*callSession
}

// newServer keeps compiled code in the folder cache, or in memory when that is empty; report writes a line.
func newServer(cache string, report func(*progress)) (*server, error) {
	config := wazero.NewRuntimeConfigCompiler()
	compilation := wazero.NewCompilationCache()
	if cache != "" {
		var err error
		if compilation, err = wazero.NewCompilationCacheWithDir(cache); err != nil {
			return nil, err
		}
	}
	return &server{
		config:   config.WithCompilationCache(compilation),
		report:   report,
		modules:  map[string]*guestModule{},
		pointers: map[int]*pointerSession{},
		calls:    map[int]*callSession{},
	}, nil
}

// answer answers one line. A panic of the program's own is an answer too: it costs one call, not the process.
func (s *server) answer(line []byte) (answer *reply) {
	defer func() {
		if broken := recover(); broken != nil {
			answer = &reply{Broken: fmt.Sprintf("%v\n%s", broken, debug.Stack())}
		}
	}()
	var r request
	if err := json.Unmarshal(line, &r); err != nil {
		return &reply{Broken: "a request that is no JSON of one: " + err.Error()}
	}
	answer, err := s.serve(&r)
	if err == nil {
		return answer
	}
	var why *stopped
	var beyond *outside
	switch {
	case errors.As(err, &why):
		return &reply{Stopped: why}
	case errors.As(err, &beyond):
		return &reply{Outside: beyond.reason}
	default:
		return &reply{Broken: err.Error()}
	}
}

func (s *server) serve(r *request) (*reply, error) {
	switch r.Op {
	case "load":
		s.load(r)
		return &reply{}, nil
	case "open_pointers", "open_calls":
		return s.open(r)
	}
	if session, found := s.pointers[r.Session]; found {
		return s.servePointers(session, r)
	}
	if session, found := s.calls[r.Session]; found {
		return s.serveCalls(session, r)
	}
	return nil, fmt.Errorf("there is no session %d for %q", r.Session, r.Op)
}

// load keeps a module's bytes; the ones that were used longest ago make room. Open sessions of those are over.
func (s *server) load(r *request) {
	for len(s.order) >= keptModules {
		s.modules[s.order[0]].close()
		delete(s.modules, s.order[0])
		s.order = s.order[1:]
	}
	if _, found := s.modules[r.Module]; !found {
		s.modules[r.Module] = &guestModule{wasm: r.Wasm, pages: r.Pages, config: s.config}
		s.order = append(s.order, r.Module)
	}
}

func (s *server) open(r *request) (*reply, error) {
	module, found := s.modules[r.Module]
	if !found {
		return &reply{Missing: true}, nil
	}
	s.order = append(slices.DeleteFunc(s.order, func(key string) bool { return key == r.Module }), r.Module)
	if r.Op == "open_calls" {
		session, err := openCalls(module, r.Setting)
		if err == nil {
			s.calls[r.Session] = session
		}
		return &reply{}, err
	}
	session, err := openPointers(module, r)
	if err == nil {
		s.pointers[r.Session] = session
	}
	return &reply{}, err
}

func (s *server) servePointers(session *pointerSession, r *request) (*reply, error) {
	fresh := session.fresh
	session.fresh = false
	switch r.Op {
	case "call":
		results, err := session.call(r.Export, r.Arguments)
		return &reply{Results: results}, err
	case "read":
		data, err := session.read(r.At, r.Size)
		return &reply{Data: data}, err
	case "write":
		return &reply{}, session.write(r.At, r.Data)
	case "pages":
		return &reply{Pages: session.pages()}, nil
	case "events":
		events, dropped := session.around.journal.take()
		return &reply{Events: events, Dropped: dropped}, nil
	case "state":
		return &reply{State: session.around.state.values}, nil
	case "run_allocator", "repeat_packed":
		if fresh {
			if err := session.startOver(); err != nil {
				return nil, err
			}
		}
		return serveBulk(session, r, s.meter(session.around.setting.Deadline, !session.stoppable))
	case "close":
		session.close()
		delete(s.pointers, r.Session)
		return &reply{}, nil
	}
	return nil, fmt.Errorf("sessions of pointers have no %q", r.Op)
}

// meter tells at once that all is ready, and how far it has come about ten times in each deadline.
func (s *server) meter(deadline float64, watched bool) func(done int) {
	last := time.Now()
	s.report(&progress{0, watched})
	return func(done int) {
		if time.Since(last) > duration(deadline)/10 {
			last = time.Now()
			s.report(&progress{done, watched})
		}
	}
}

func serveBulk(session *pointerSession, r *request, meter func(int)) (*reply, error) {
	prober, err := newProber(session, r.Allocator, r.Export, meter)
	if err != nil {
		return nil, err
	}
	var found *bulk
	if r.Op == "run_allocator" {
		found, err = prober.runPlan(r.Plan, r.Rounds)
	} else {
		found, err = prober.send(r.Payloads, r.Count)
	}
	return &reply{Bulk: found}, err
}

func (s *server) serveCalls(session *callSession, r *request) (*reply, error) {
	fresh := session.fresh
	session.fresh = false
	switch r.Op {
	case "call":
		return &reply{Outcome: session.call(r.Export, r.Data)}, nil
	case "repeat":
		if fresh {
			if err := session.startOver(); err != nil {
				return nil, err
			}
		}
		meter := s.meter(session.setting.Deadline, !session.stoppable)
		found, err := session.repeat(r.Export, r.Payloads, r.Count, meter)
		return &reply{Bulk: found}, err
	case "logs":
		return &reply{Logs: session.takeLogs()}, nil
	case "requests":
		return &reply{Requests: session.http.take()}, nil
	case "sent":
		return &reply{Sent: session.reflow.take()}, nil
	case "state":
		return &reply{State: session.reflow.state}, nil
	case "close":
		session.close()
		delete(s.calls, r.Session)
		return &reply{}, nil
	}
	return nil, fmt.Errorf("sessions of calls have no %q", r.Op)
}
