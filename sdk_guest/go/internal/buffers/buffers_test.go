package buffers

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"unsafe"
)

func TestBlocksAreApartAndComeBack(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	type taken struct {
		at   uint32
		fill byte
	}
	var live []taken
	for i := range 20_000 {
		if len(live) > 0 && random.IntN(2) == 0 {
			pick := random.IntN(len(live))
			block := live[pick]
			if content := shared[block.at]; !bytes.Equal(content, bytes.Repeat([]byte{block.fill}, len(content))) {
				t.Fatal("a block was overwritten")
			}
			Free(block.at)
			live[pick] = live[len(live)-1]
			live = live[:len(live)-1]
			continue
		}
		if len(live) == 100 {
			continue
		}
		at := Alloc(uint32(random.IntN(5000)))
		if at == 0 || len(shared[at]) == 0 {
			t.Fatal("no block")
		}
		block := taken{at, byte(i)}
		for j := range shared[at] {
			shared[at][j] = block.fill
		}
		live = append(live, block)
	}
	for _, block := range live {
		Free(block.at)
	}
	if len(shared) != 0 || sharedBytes != 0 {
		t.Errorf("%d blocks, %d bytes are left", len(shared), sharedBytes)
	}
}

func TestReuseAllocatesNothing(t *testing.T) {
	for range 3 {
		Free(Alloc(1000))
	}
	if count := testing.AllocsPerRun(1000, func() { Free(Alloc(1000)); Free(Alloc(0)); Free(Alloc(70000)) }); count > 0 {
		t.Errorf("%v allocations", count)
	}
}

func TestKeptMemoryIsBounded(t *testing.T) {
	var blocks []uint32
	for range 200 {
		blocks = append(blocks, Alloc(64<<10))
	}
	for _, at := range blocks {
		Free(at)
	}
	if keptTotal > keptBytes {
		t.Errorf("%d bytes are kept", keptTotal)
	}
}

func TestNoMemoryIsZero(t *testing.T) {
	for _, length := range []uint32{MaxShared + 1, 1 << 30, 1 << 31, 1<<32 - 1} {
		if Alloc(length) != 0 {
			t.Errorf("%d bytes", length)
		}
	}
	var blocks []uint32
	for at := Alloc(1 << 20); at != 0; at = Alloc(1 << 20) {
		blocks = append(blocks, at)
	}
	if len(blocks) != MaxShared>>20 {
		t.Errorf("%d blocks", len(blocks))
	}
	big := Put(make([]byte, 1<<20)) // a result is given all the same, and alloc goes on to say no
	if Alloc(1) != 0 {
		t.Error("more than there is")
	}
	Free(uint32(big >> 32))
	for _, at := range blocks {
		Free(at)
	}
	if at := Alloc(1); at == 0 {
		t.Error("nothing came back")
	} else {
		Free(at)
	}
}

func TestFreeIgnoresWhatItDoesNotKnow(t *testing.T) {
	at := Alloc(10)
	Free(0)
	Free(at + 1)
	if _, found := shared[at]; !found {
		t.Error("another block is gone")
	}
	Free(at)
	Free(at)
	if sharedBytes != 0 {
		t.Errorf("%d bytes", sharedBytes)
	}
}

func TestPutAndTakeCopy(t *testing.T) {
	data := []byte("hello")
	packed := Put(data)
	data[0] = 'j'
	if taken := Take(packed); string(taken) != "hello" || len(shared) != 0 {
		t.Errorf("%q, %d left", taken, len(shared))
	}
	if Put(nil) != 0 || Put([]byte{}) != 0 || Take(0) != nil {
		t.Error("nothing is something")
	}
	empty := uint64(Alloc(0)) << 32
	if taken := Take(empty); taken == nil || len(taken) != 0 || len(shared) != 0 {
		t.Error("an empty answer is none")
	}
	wild := uint64(12)<<32 | 1<<31
	if taken := Take(wild); len(taken) != 0 {
		t.Error("a wild answer was read")
	}
}

func TestBytesAreNotCopied(t *testing.T) {
	text := string([]byte("abc"))
	if data := Bytes(text); string(data) != "abc" || unsafe.SliceData(data) != unsafe.StringData(text) {
		t.Errorf("%q", data)
	}
	if len(Bytes("")) != 0 {
		t.Error("something in nothing")
	}
}
