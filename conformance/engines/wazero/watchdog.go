package main

import (
	"runtime"
	"time"
)

// watchdog ends calls of guests whose code looks at no clock. wazero can make code that does, and it is many times slower
// where a guest loops; so it is used for single calls, and what is done by the thousand runs without, on an instance of its
// own. Such a call can't be stopped, only the process can: overrun answers the request and ends it.
type watchdog struct {
	overrun func(*stopped)
}

// grace is how much longer a guest may take before the process ends, so that one that looks at the clock does so first.
const grace = 20 * time.Millisecond

// watch begins to watch a call; the call's end must call what it returns.
func (w *watchdog) watch(seconds float64) (release func()) {
	timer := time.AfterFunc(duration(seconds)+grace, func() { w.overrun(overrun(seconds)) })
	return func() {
		if !timer.Stop() {
			select {} // the process is about to end: nobody may answer twice
		}
	}
}

// needTwoProcessors makes sure that something else can run while a guest's code does.
func needTwoProcessors() {
	if runtime.GOMAXPROCS(0) < 2 {
		runtime.GOMAXPROCS(2)
	}
}
