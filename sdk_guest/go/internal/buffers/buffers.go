// Package buffers has the memory that host and guest share, and exports alloc and free for the host.
//
// The garbage collector knows nothing of the host, so what the host may use is kept here until it is given back. Blocks
// that came back are used again, which keeps the collector out of the common case.
package buffers

import (
	"math/bits"
	"unsafe"
)

const (
	// MaxShared is how many bytes the host may hold at once. Go's runtime ends the whole instance when memory runs out,
	// so alloc has to answer 0 before that.
	MaxShared = 16 << 20

	smallest   = 4  // a block has 16 bytes at least
	sizes      = 21 // and is kept for reuse up to 2 MiB
	keptBlocks = 64
	keptBytes  = 4 << 20
)

// shared are the blocks that the host holds, by address.
var shared = map[uint32][]byte{}

// kept are blocks that were given back, by the logarithm of their size.
var kept [sizes + 1][][]byte

var sharedBytes, keptTotal int

// Alloc makes a block of at least length bytes and returns its address; 0 when there is no memory for it.
func Alloc(length uint32) uint32 {
	if int64(length) > MaxShared-int64(sharedBytes) {
		return 0
	}
	block := take(int(length))
	at := address(block)
	shared[at] = block
	sharedBytes += len(block)
	return at
}

// Free takes back the block at an address. Other addresses are ignored: a wrong host harms itself alone.
func Free(at uint32) {
	block, found := shared[at]
	if !found {
		return
	}
	delete(shared, at)
	sharedBytes -= len(block)
	keep(block)
}

// Put copies bytes to a block of their own and returns it packed: address << 32 | length. It is 0 for no bytes.
func Put(data []byte) uint64 {
	if len(data) == 0 {
		return 0
	}
	block := take(len(data))
	copy(block, data)
	at := address(block)
	shared[at] = block
	sharedBytes += len(block)
	return uint64(at)<<32 | uint64(len(data))
}

// Take copies what the host handed over packed, and frees the block. It is nil for 0, which stands for nothing.
func Take(packed uint64) []byte {
	if packed == 0 {
		return nil
	}
	at, length := uint32(packed>>32), uint32(packed)
	block := shared[at]
	taken := append([]byte{}, block[:min(uint64(length), uint64(len(block)))]...)
	Free(at)
	return taken
}

// Bytes are those of a text that the host passed to an export, not copied.
func Bytes(text string) []byte {
	return unsafe.Slice(unsafe.StringData(text), len(text))
}

// class is the logarithm of the block that holds length bytes.
func class(length int) int {
	if length <= 1<<smallest {
		return smallest
	}
	return bits.Len(uint(length - 1))
}

func take(length int) []byte {
	size := class(length)
	if size > sizes {
		return make([]byte, length)
	}
	if free := kept[size]; len(free) > 0 {
		block := free[len(free)-1]
		kept[size] = free[:len(free)-1]
		keptTotal -= len(block)
		return block
	}
	return make([]byte, 1<<size)
}

func keep(block []byte) {
	size := class(len(block))
	if size > sizes || len(kept[size]) >= keptBlocks || keptTotal+len(block) > keptBytes {
		return
	}
	kept[size] = append(kept[size], block)
	keptTotal += len(block)
}
