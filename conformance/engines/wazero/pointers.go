package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/sys"
)

// pointerSession is one instance of a module whose calls pass pointers.
type pointerSession struct {
	guest     *guestModule
	opened    *request
	around    *surroundings
	instance  api.Module
	functions map[string]api.Function
	ended     *stopped
	// stoppable says that the instance's code looks at the clock. wazero can make such code, and it is many times slower where
	// a guest loops; so it is used for single calls, and what is done by the thousand runs without.
	stoppable bool
	// fresh is true until anything is asked of the session.
	fresh bool
}

// openPointers makes an instance and runs what makes it ready, under the deadline of a call.
func openPointers(guest *guestModule, r *request) (*pointerSession, error) {
	s := &pointerSession{guest: guest, opened: r, fresh: true}
	return s, s.start(true)
}

// startOver takes a fresh instance for one whose code is fast, and can't be stopped.
func (s *pointerSession) startOver() error {
	s.close()
	return s.start(false)
}

func (s *pointerSession) start(stoppable bool) error {
	linked, err := s.guest.linked(stoppable, s.opened.Glue)
	if err != nil {
		return err
	}
	s.stoppable = stoppable
	s.around, s.functions = newSurroundings(s.opened.Setting), map[string]api.Function{}
	ctx, release := s.begin()
	defer release()
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions()
	instance, err := linked.runtime.InstantiateModule(ctx, linked.compiled, config)
	if err != nil {
		return &stopped{kindLink, "its start-up failed: " + s.reason(err).Reason}
	}
	s.instance = instance
	s.around.memory = instance.ExportedMemory("memory")
	s.around.allocate = hostAllocator(instance)
	for _, name := range s.opened.Start {
		if _, err := s.call(name, nil); err != nil {
			s.close()
			return &stopped{kindLink, "its start-up failed: " + err.Error()}
		}
	}
	s.ended = nil
	return nil
}

// hostAllocator is the allocator for the host's own answers; the guest is in the midst of another call then.
func hostAllocator(instance api.Module) api.Function {
	for _, name := range []string{"alloc", "malloc"} {
		function := instance.ExportedFunction(name)
		if function != nil && hasType(function, "i:i") {
			return function
		}
	}
	return nil
}

func hasType(function api.Function, signature string) bool {
	params, results := valueTypes(signature)
	definition := function.Definition()
	return string(definition.ParamTypes()) == string(params) && string(definition.ResultTypes()) == string(results)
}

// call calls an export whose type was judged before it got here.
func (s *pointerSession) call(name string, arguments []uint64) ([]uint64, error) {
	if s.ended != nil {
		return nil, s.ended
	}
	function, err := s.function(name)
	if err != nil {
		return nil, err
	}
	ctx, release := s.begin()
	defer release()
	results, err := function.Call(ctx, arguments...)
	s.around.journal.finishLines()
	if err != nil {
		return nil, s.end(err)
	}
	for index, kind := range function.Definition().ResultTypes() {
		if kind == api.ValueTypeI32 || kind == api.ValueTypeF32 {
			results[index] &= 0xffffffff
		}
	}
	return results, nil
}

func (s *pointerSession) function(name string) (api.Function, error) {
	function := s.functions[name]
	if function == nil {
		if function = s.instance.ExportedFunction(name); function == nil {
			return nil, &stopped{kindLink, "it exports no function named " + name}
		}
		s.functions[name] = function
	}
	return function, nil
}

// begin starts the clock of a call; the call's end must call release.
func (s *pointerSession) begin() (ctx context.Context, release func()) {
	seconds := s.around.setting.Deadline
	ctx = context.WithValue(context.Background(), surroundingsKey{}, s.around)
	ctx, cancel := context.WithTimeout(ctx, duration(seconds))
	s.around.ctx = ctx
	return ctx, cancel
}

// end says what a call that did not return ended with; the session is of no more use, unless its host goes on with it.
func (s *pointerSession) end(err error) *stopped {
	why := s.reason(err)
	if !s.opened.Keep || why.Kind != kindTrap {
		s.ended = why
	}
	return why
}

func (s *pointerSession) reason(err error) *stopped {
	var own *stopped
	var closed *sys.ExitError
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &closed) && closed.ExitCode() == sys.ExitCodeDeadlineExceeded:
		return overrun(s.around.setting.Deadline)
	default:
		return &stopped{kindTrap, firstLine(err)}
	}
}

func (s *pointerSession) read(at, size uint32) ([]byte, error) {
	if why := s.around.check(at, uint64(size)); why != nil {
		return nil, why
	}
	return s.around.view(at, size), nil
}

func (s *pointerSession) write(at uint32, data []byte) error {
	if why := s.around.check(at, uint64(len(data))); why != nil {
		return why
	}
	copy(s.around.view(at, uint32(len(data))), data)
	return nil
}

func (s *pointerSession) pages() uint32 { return uint32(s.around.memoryBytes() / pageBytes) }

func (s *pointerSession) close() { _ = s.instance.Close(context.Background()) }

func exit(code uint32) *stopped {
	return &stopped{kindExit, fmt.Sprintf("it called proc_exit with the code %d", code)}
}

// firstLine is an error of wazero's without its stack trace.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return strings.TrimPrefix(strings.TrimSuffix(line, " (recovered by wazero)"), "wasm error: ")
}
