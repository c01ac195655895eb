package heap

import (
	"runtime"
	"testing"
)

func TestCollectsNowAndThen(t *testing.T) {
	collections := func() uint32 {
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return stats.NumForcedGC
	}
	before := collections()
	for range 3 * every {
		Tick()
	}
	if got := collections() - before; got != 3 {
		t.Errorf("%d collections", got)
	}
}
