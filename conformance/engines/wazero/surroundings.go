package main

import (
	"context"
	"fmt"
	"time"

	"github.com/tetratelabs/wazero/api"
)

const pageBytes = 65536

// surroundings is what one guest meets of the host: its own memory through the host's eyes, the setting, and a journal of
// its calls. memory and allocate are set once the guest is there. What it does wrong is a panic with *stopped.
type surroundings struct {
	setting  setting
	journal  journal
	random   *randomStream
	state    *stateStore
	memory   api.Memory
	allocate api.Function
	streams  [3]bool
	// slept is in nanoseconds: a sleep is over at once, and only the monotonic clock tells that it was.
	slept      uint64
	ctx        context.Context
	allocating bool
}

func newSurroundings(s setting) *surroundings {
	return &surroundings{
		setting: s,
		random:  &randomStream{seed: s.Seed},
		state:   newStateStore(s.State),
		streams: [3]bool{true, true, true},
		ctx:     context.Background(),
	}
}

// has tells whether the whole range lies in the guest's memory; an empty one may lie at its end.
func (s *surroundings) has(at uint32, size uint64) bool {
	return s.memory != nil && uint64(at)+size <= s.memoryBytes()
}

// memoryBytes is what api.Memory.Size can't say of 4 GiB.
func (s *surroundings) memoryBytes() uint64 {
	if s.memory == nil {
		return 0
	}
	pages, _ := s.memory.Grow(0)
	return uint64(pages) * pageBytes
}

// check says why a range does not lie in the memory; nil when it does.
func (s *surroundings) check(at uint32, size uint64) *outside {
	if s.memory == nil {
		return &outside{"the module exports no memory"}
	}
	if !s.has(at, size) {
		return &outside{fmt.Sprintf("%d bytes at 0x%x do not lie in a memory of %d bytes", size, at, s.memoryBytes())}
	}
	return nil
}

// view gives bytes of the guest's memory, which was checked; they change with it.
func (s *surroundings) view(at, size uint32) []byte {
	if size == 0 {
		return []byte{}
	}
	view, ok := s.memory.Read(at, size)
	if !ok {
		panic("a range that was checked lies outside")
	}
	return view
}

// read copies bytes that the guest handed to an import.
func (s *surroundings) read(function string, at, size uint32) []byte {
	s.require(function, at, size)
	return append([]byte{}, s.view(at, size)...)
}

func (s *surroundings) require(function string, at, size uint32) {
	if why := s.check(at, uint64(size)); why != nil {
		panic(&stopped{kindTrap, function + " was given " + why.reason})
	}
}

// note keeps a call whose arguments are ranges of the guest's memory: pointers and lengths in turn.
func (s *surroundings) note(function string, level *uint32, ranges ...uint32) {
	size := 0
	for index := 0; index < len(ranges); index += 2 {
		s.require(function, ranges[index], ranges[index+1])
		size += int(ranges[index+1])
	}
	if !s.journal.hasRoom(size) {
		s.journal.drop()
		return
	}
	data := [][]byte{}
	for index := 0; index < len(ranges); index += 2 {
		data = append(data, s.read(function, ranges[index], ranges[index+1]))
	}
	s.journal.note(function, level, data...)
}

// fillRandomly puts random bytes into the guest's memory.
func (s *surroundings) fillRandomly(function string, at, size uint32) {
	s.require(function, at, size)
	const piece = 65536
	for rest := s.view(at, size); len(rest) > 0; {
		n := min(piece, len(rest))
		_, _ = s.random.Read(rest[:n])
		rest = rest[n:]
		s.checkTime()
	}
}

// handOver gives the guest bytes in a buffer of its own allocator: packed, 0 when that gave none.
func (s *surroundings) handOver(function string, data []byte) uint64 {
	pointer := s.allocated(function, uint32(len(data)))
	if pointer == 0 {
		return 0
	}
	if why := s.check(pointer, uint64(len(data))); why != nil {
		panic(&stopped{kindTrap, function + " was given a buffer by the allocator: " + why.reason})
	}
	copy(s.view(pointer, uint32(len(data))), data)
	return uint64(pointer)<<32 | uint64(len(data))
}

func (s *surroundings) allocated(function string, size uint32) uint32 {
	if s.allocate == nil {
		panic(&stopped{kindTrap, function + " needs the module's alloc, which is not there"})
	}
	if s.allocating {
		panic(&stopped{kindTrap, function + " was called by the allocator that it needs"})
	}
	s.allocating = true
	defer func() { s.allocating = false }()
	results, err := s.allocate.Call(s.ctx, uint64(size))
	if err != nil {
		panic(err)
	}
	return uint32(results[0])
}

// checkTime ends a call whose time is up, from within the host's own loops.
func (s *surroundings) checkTime() {
	if s.ctx.Err() != nil {
		panic(overrun(s.setting.Deadline))
	}
}

func overrun(seconds float64) *stopped {
	return &stopped{kindDeadline, fmt.Sprintf("it did not answer within %g s", seconds)}
}

func duration(seconds float64) time.Duration {
	return time.Duration(seconds * float64(time.Second))
}
