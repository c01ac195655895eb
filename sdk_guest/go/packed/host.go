package packed

import (
	"strings"

	"plugbay.dev/guest/packed/internal/host"
)

// A Level says how important a log line is.
type Level uint32

// The levels that PrioStack knows.
const (
	LevelDebug Level = host.Debug
	LevelInfo  Level = host.Info
	LevelWarn  Level = host.Warn
	LevelError Level = host.Error
)

var levelNames = [...]string{LevelDebug: "debug", LevelInfo: "info", LevelWarn: "warn", LevelError: "error"}

// String is the level's name.
func (l Level) String() string {
	if l == 0 || int(l) >= len(levelNames) {
		return "info" // as hosts take it
	}
	return levelNames[l]
}

// ParseLevel returns the level called debug, info, warn or error, and whether the name is one of these.
func ParseLevel(name string) (Level, bool) {
	for level, known := range levelNames {
		if level > 0 && name == known {
			return Level(level), true
		}
	}
	return 0, false
}

// Log writes a line to the host's log.
func Log(level Level, text string) {
	host.Log(uint32(level), strings.ToValidUTF8(text, "\uFFFD"))
}

// Debug writes a line for those who look for a mistake.
func Debug(text string) { Log(LevelDebug, text) }

// Info writes a line about what happens.
func Info(text string) { Log(LevelInfo, text) }

// Warn writes a line about what should not be.
func Warn(text string) { Log(LevelWarn, text) }

// Error writes a line about what went wrong.
func Error(text string) { Log(LevelError, text) }

// Now is the host's time in Unix nanoseconds. A host that does not grant it ends the call.
func Now() int64 {
	return host.Now()
}

// Random returns random bytes of the host. A host that does not grant them ends the call.
func Random(size int) []byte {
	data := make([]byte, size)
	if size > 0 {
		host.Random(data)
	}
	return data
}
