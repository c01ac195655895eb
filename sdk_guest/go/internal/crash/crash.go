// Package crash turns a panic of the user's code into one log line and a trap.
//
// Go's own way is to write the panic to standard error and to leave the process, which hosts of plugins understand less
// well: some take an exit for a normal end, and the line has no level.
package crash

import (
	"runtime"
	"strconv"
	"strings"
)

// Guard runs work. When it panics, log gets one line that says with what and where, and the instance traps.
func Guard[T any](log func(line string), work func() T) T {
	defer func() {
		if value := recover(); value != nil {
			log("panic: " + Text(value) + " at " + place())
			Trap()
		}
	}()
	return work()
}

// Text is a panic's value as one line.
func Text(value any) string {
	text := "a value that is no text"
	switch v := value.(type) {
	case string:
		text = v
	case error:
		text = v.Error()
	case interface{ String() string }:
		text = v.String()
	case int:
		text = strconv.Itoa(v)
	}
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\n", "; "), "\uFFFD")
}

// place is the function and line that panicked: the first one below the runtime's own functions.
func place() string {
	var callers [32]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers[:])])
	for {
		frame, more := frames.Next()
		if frame.Function != "" && !strings.HasPrefix(frame.Function, "runtime.") {
			file := frame.File[strings.LastIndexByte(frame.File, '/')+1:]
			return frame.Function + ", " + file + ":" + strconv.Itoa(frame.Line)
		}
		if !more {
			return "an unknown place"
		}
	}
}
