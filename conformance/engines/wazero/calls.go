package main

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	extism "github.com/extism/go-sdk"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/sys"
)

const (
	statusOK       = "ok"
	statusError    = "error"
	statusTrap     = "trap"
	statusDeadline = "deadline"

	clockStep = 1

	// closedText is what the SDK says of an instance that ended itself.
	closedText = "module is closed"
)

// pluginModule is a module as Extism's Go SDK compiles it, with Reflow's three functions beside it.
type pluginModule struct {
	compiled *extism.CompiledPlugin
	results  map[string]string
}

// callSession is one Extism plugin, with what it is offered and what it did.
type callSession struct {
	guest   *guestModule
	setting setting
	plugin  *extism.Plugin
	results map[string]string
	http    *cannedHTTP
	reflow  *reflowStore
	logs    []logLine
	used    int
	printed *journal
	slept   int64
	ended   bool
	// stoppable says that the plugin's code looks at the clock (pointerSession).
	stoppable bool
	// fresh is true until anything is asked of the session.
	fresh bool
}

// calls compiles the module as an Extism plugin.
func (m *guestModule) calls(stoppable bool) (*pluginModule, error) {
	if found := m.plugins[stoppable]; found != nil {
		return found, nil
	}
	results, err := resultTypes(m.config, m.wasm)
	if err != nil {
		return nil, err
	}
	extism.SetLogLevel(extism.LogLevelTrace)
	manifest := extism.Manifest{
		Wasm:         []extism.Wasm{extism.WasmData{Data: m.wasm}},
		Memory:       &extism.ManifestMemory{MaxPages: m.pages, MaxHttpResponseBytes: -1, MaxVarBytes: -1},
		AllowedHosts: []string{"*"},
	}
	options := extism.PluginConfig{
		RuntimeConfig:             m.config.WithCloseOnContextDone(stoppable),
		EnableWasi:                true,
		EnableHttpResponseHeaders: true,
	}
	compiled, err := extism.NewCompiledPlugin(context.Background(), manifest, options, reflowFunctions())
	if err != nil {
		return nil, &stopped{kindLink, firstLine(err)}
	}
	if m.plugins == nil {
		m.plugins = map[bool]*pluginModule{}
	}
	m.plugins[stoppable] = &pluginModule{compiled, results}
	return m.plugins[stoppable], nil
}

// resultTypes tells the one result of each exported function without parameters, which the SDK does not.
func resultTypes(config wazero.RuntimeConfig, wasm []byte) (map[string]string, error) {
	ctx := context.Background()
	runtime := wazero.NewRuntimeWithConfig(ctx, config)
	defer runtime.Close(ctx)
	compiled, err := runtime.CompileModule(ctx, wasm)
	if err != nil {
		return nil, &stopped{kindLink, "it is not valid WebAssembly here: " + firstLine(err)}
	}
	results := map[string]string{}
	for name, function := range compiled.ExportedFunctions() {
		if len(function.ParamTypes()) == 0 && len(function.ResultTypes()) <= 1 {
			kinds := []string{}
			for _, kind := range function.ResultTypes() {
				kinds = append(kinds, api.ValueTypeName(kind))
			}
			results[name] = strings.Join(kinds, " ")
		}
	}
	return results, nil
}

// openCalls makes a plugin. Its start-up runs with its first call, as the SDK does it.
func openCalls(guest *guestModule, setting setting) (*callSession, error) {
	s := &callSession{guest: guest, setting: setting, fresh: true}
	return s, s.start(true)
}

// startOver takes a fresh plugin for one whose code is fast, and can't be stopped.
func (s *callSession) startOver() error {
	s.close()
	return s.start(false)
}

func (s *callSession) start(stoppable bool) error {
	module, err := s.guest.calls(stoppable)
	if err != nil {
		return err
	}
	s.stoppable, s.results, s.slept = stoppable, module.results, 0
	s.http, s.reflow, s.printed = newCannedHTTP(s.setting.Responses), newReflowStore(s.setting), &journal{}
	ctx, release := s.begin()
	defer release()
	plugin, err := module.compiled.Instance(ctx, extism.PluginInstanceConfig{ModuleConfig: s.moduleConfig()})
	if err != nil {
		return &stopped{kindLink, firstLine(err)}
	}
	plugin.Config = s.setting.Config
	plugin.SetLogger(s.log)
	s.plugin = plugin
	return nil
}

// begin starts the clock of a call; the call's end must call release.
func (s *callSession) begin() (ctx context.Context, release func()) {
	ctx = context.WithValue(context.Background(), callSessionKey{}, s)
	return context.WithTimeout(ctx, duration(s.setting.Deadline))
}

// moduleConfig fixes what wazero's own WASI would take from the machine.
func (s *callSession) moduleConfig() wazero.ModuleConfig {
	setting := s.setting
	wall := func() (int64, int32) { return setting.Clock / 1e9, int32(setting.Clock % 1e9) }
	return wazero.NewModuleConfig().
		WithWalltime(wall, clockStep).
		WithNanotime(func() int64 { return setting.Clock + s.slept }, clockStep).
		WithNanosleep(func(nanoseconds int64) { s.slept += max(nanoseconds, 0) }).
		WithRandSource(&randomStream{seed: setting.Seed}).
		WithStdout(printer{s, stdoutLevel}).
		WithStderr(printer{s, stderrLevel})
}

type callSessionKey struct{}

// call calls an export with bytes.
func (s *callSession) call(function string, input []byte) *outcome {
	kind, found := s.results[function]
	if !found {
		return &outcome{Status: statusTrap, Error: "it exports no function '" + function + "' that a host can call"}
	}
	if s.ended {
		return endedEarlier()
	}
	ctx, release := s.begin()
	code, output, err := s.plugin.CallWithContext(ctx, function, input)
	release()
	s.takePrinted()
	var closed *sys.ExitError
	s.ended = errors.As(err, &closed) || err != nil && err.Error() != s.plugin.GetError() // the SDK has one kind for both
	switch {
	case s.ended && err.Error() == closedText:
		return endedEarlier()
	case closed != nil && closed.ExitCode() == sys.ExitCodeDeadlineExceeded:
		return &outcome{Status: statusDeadline, Error: overrun(s.setting.Deadline).Reason}
	case closed != nil:
		exitCode := int32(closed.ExitCode())
		return &outcome{Status: statusTrap, Error: exit(closed.ExitCode()).Reason, Code: &exitCode}
	case s.ended && s.plugin.GetError() != "":
		return &outcome{Status: statusError, Error: s.plugin.GetError()}
	case s.ended && err != nil:
		return &outcome{Status: statusTrap, Error: firstLine(err)}
	}
	return finished(kind, code, output, err)
}

// endedEarlier answers for an instance that is gone, also one that ended itself with the code 0: the SDK tells that only
// when it is called again.
func endedEarlier() *outcome {
	return &outcome{Status: statusTrap, Error: "the instance ended with an earlier call"}
}

// finished reads a call that returned: of a result that is no i32 the code is -1, and none is 0.
func finished(kind string, result uint32, output []byte, err error) *outcome {
	code := int32(result)
	switch kind {
	case "i32":
	case "":
		code = 0
	default:
		code = -1
	}
	switch {
	case err != nil:
		return &outcome{Status: statusError, Error: err.Error(), Code: &code}
	case code != 0:
		return &outcome{Status: statusError, Code: &code}
	}
	return &outcome{Status: statusOK, Output: output, Code: &code}
}

// repeat calls an export many times, the inputs in turn, and digests what comes back. A call that fails is no stop.
func (s *callSession) repeat(function string, inputs [][]byte, count int, meter func(int)) (*bulk, error) {
	if s.ended {
		return nil, &stopped{kindTrap, endedEarlier().Error}
	}
	digest, found := sha256.New(), &bulk{}
	ends := time.Now().Add(mostDeadlines * duration(s.setting.Deadline))
	for ; found.Done < count; found.Done++ {
		if time.Now().After(ends) {
			return nil, overrun(mostDeadlines * s.setting.Deadline)
		}
		answer := s.call(function, inputs[found.Done%len(inputs)])
		if why := endOf(answer, s.ended); why != nil {
			return nil, why
		}
		header := [4]byte{0xff, 0xff, 0xff, 0xff}
		if answer.Status == statusOK {
			binary.LittleEndian.PutUint32(header[:], uint32(len(answer.Output)))
		}
		digest.Write(header[:])
		digest.Write(answer.Output)
		s.takeLogs()
		meter(found.Done)
	}
	found.Digest = hex.EncodeToString(digest.Sum(nil))
	return found, nil
}

// endOf is what a repetition stops with; nil when it goes on.
func endOf(answer *outcome, ended bool) *stopped {
	switch {
	case !ended:
		return nil
	case answer.Status == statusDeadline:
		return &stopped{kindDeadline, answer.Error}
	case answer.Code != nil:
		return &stopped{kindExit, answer.Error}
	case answer.Error == endedEarlier().Error:
		return &stopped{kindExit, "the plugin ended itself by proc_exit with the code 0"}
	}
	return &stopped{kindTrap, answer.Error}
}

func (s *callSession) close() { _ = s.plugin.Close(context.Background()) }
