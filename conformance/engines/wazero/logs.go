package main

import (
	"runtime"
	"strings"

	extism "github.com/extism/go-sdk"
)

// log takes a line of the SDK's log when it is the plugin's: the SDK tells there what it does itself, too.
func (s *callSession) log(level extism.LogLevel, text string) {
	const fromWhere = 3 // above runtime.Callers are this function and the SDK's Log; then comes who has something to say
	var counters [1]uintptr
	runtime.Callers(fromWhere, counters[:])
	caller, _ := runtime.CallersFrames(counters[:]).Next()
	if strings.Contains(caller.Function, ".instantiateEnvModule.") {
		s.addLog(strings.ToLower(level.String()), []byte(text))
	}
}

// addLog keeps a line; of a plugin that floods the rest is lost.
func (s *callSession) addLog(level string, text []byte) {
	s.used += len(text) + eventBytes
	if s.used <= mostJournal {
		s.logs = append(s.logs, logLine{level, text})
	}
}

func (s *callSession) takeLogs() []logLine {
	taken := s.logs
	s.logs, s.used = nil, 0
	return taken
}

// printer is the plugin's stdout or stderr: its lines are log lines.
type printer struct {
	session *callSession
	level   uint32
}

func (p printer) Write(piece []byte) (int, error) {
	p.session.printed.print(p.level, piece)
	return len(piece), nil
}

// takePrinted makes log lines of what a call printed.
func (s *callSession) takePrinted() {
	s.printed.finishLines()
	lines, _ := s.printed.take()
	for _, line := range lines {
		level := "info"
		if *line.Level == stderrLevel {
			level = "warn"
		}
		s.addLog(level, line.Data[0])
	}
}
