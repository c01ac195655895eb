package main

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"time"

	"github.com/tetratelabs/wazero/api"
)

// Shapes of functions, and faults, by the numbers that the Python side's prober has for them.
const (
	shapePacked        = 0
	shapeFreeOfPointer = 1
	shapeMultiValue    = 2
	shapeRetptr        = 3
	shapeBuffer        = 4

	faultNull          = 1
	faultBufferOutside = 2
	faultBytesLost     = 3
	faultOutputOutside = 4
	faultOutputTooBig  = 5

	stepsPerDeadline    = 256
	messagesPerDeadline = 100
	mostDeadlines       = 12
	mostOutput          = 128 << 20
)

// prober calls a guest many times; several calls share a deadline, and all of them have mostDeadlines.
type prober struct {
	session                          *pointerSession
	shape                            int
	alloc, free, run, stack, pin, gc api.Function
	ctx                              context.Context
	ends                             time.Time
	meter                            func(done int)
	done                             int
	words                            [4]uint64
	results                          []uint64
}

func newProber(s *pointerSession, a allocator, function string, meter func(int)) (*prober, error) {
	ends := time.Now().Add(mostDeadlines * duration(s.around.setting.Deadline))
	p := &prober{session: s, shape: a.Shape, ends: ends, meter: meter}
	wanted := map[*api.Function]string{&p.alloc: a.Alloc, &p.free: a.Free}
	if function != "" {
		wanted[&p.run] = function
	}
	if a.Shape == shapeRetptr {
		wanted[&p.stack] = "__wbindgen_add_to_stack_pointer"
	}
	if a.Shape == shapeBuffer {
		wanted[&p.pin], wanted[&p.gc] = "__pin", "__collect"
	}
	for place, name := range wanted {
		found, err := s.function(name)
		if err != nil {
			return nil, err
		}
		*place = found
	}
	return p, nil
}

// several runs a part of the whole under one deadline, and tells that it is done.
func (p *prober) several(part func() error) error {
	around := p.session.around
	if p.session.ended != nil {
		return p.session.ended
	}
	if time.Now().After(p.ends) {
		return overrun(mostDeadlines * around.setting.Deadline)
	}
	ctx, release := p.session.begin()
	defer release()
	p.ctx = ctx
	err := part()
	p.done++
	p.meter(p.done)
	around.journal.finishLines()
	var wrong *fault
	if err != nil && !errors.As(err, &wrong) {
		return p.session.end(err)
	}
	return err
}

func (f *fault) Error() string { return "a fault" }

func (p *prober) call(function api.Function, arguments ...uint64) ([]uint64, error) {
	copy(p.words[:], arguments)
	if err := function.CallWithStack(p.ctx, p.words[:]); err != nil {
		return nil, err
	}
	return p.words[:], nil
}

func (p *prober) allocate(size uint32) (uint32, error) {
	align := uint64(1)
	results, err := p.call(p.alloc, uint64(size), align)
	if err != nil {
		return 0, err
	}
	pointer := uint32(results[0])
	if p.shape == shapeBuffer && pointer != 0 {
		if _, err := p.call(p.pin, uint64(pointer)); err != nil {
			return 0, err
		}
	}
	if pointer == 0 && size != 0 {
		return 0, &fault{faultNull, pointer, size}
	}
	if !p.session.around.has(pointer, uint64(size)) {
		return 0, &fault{faultBufferOutside, pointer, size}
	}
	return pointer, nil
}

func (p *prober) release(pointer, size uint32) error {
	_, err := p.call(p.free, uint64(pointer), uint64(size), 1)
	return err
}

func (p *prober) collect() error {
	if p.gc == nil {
		return nil
	}
	_, err := p.call(p.gc)
	return err
}

// block is what a slot of a plan holds.
type block struct {
	pointer, size uint32
	serial        uint64
}

// runPlan runs the steps, each a slot and a size or -1 to free it, over and over.
func (p *prober) runPlan(plan [][2]int64, rounds int) (*bulk, error) {
	slots, serial := map[int64]block{}, uint64(0)
	round := func() error {
		for _, step := range plan {
			if step[1] < 0 {
				if err := p.giveBack(slots[step[0]]); err != nil {
					return err
				}
				continue
			}
			pointer, err := p.allocate(uint32(step[1]))
			if err != nil {
				return err
			}
			held := block{pointer, uint32(step[1]), serial}
			fill(p.session.around.view(held.pointer, held.size), pattern(serial))
			slots[step[0]] = held
			serial++
		}
		return p.collect()
	}
	found := &bulk{}
	for found.Done < rounds {
		wanted := 1
		if found.Done > 0 {
			wanted = min(max(1, stepsPerDeadline/len(plan)), rounds-found.Done)
		}
		err := p.several(func() error {
			for range wanted {
				if err := round(); err != nil {
					return err
				}
				found.Done++
			}
			return nil
		})
		if found.PagesAfterFirst == 0 {
			found.PagesAfterFirst = p.session.pages()
		}
		found.Pages = p.session.pages()
		if err != nil && !errors.As(err, &found.Fault) {
			return nil, err
		}
		if err != nil {
			break
		}
	}
	return found, nil
}

func (p *prober) giveBack(held block) error {
	if !holds(p.session.around.view(held.pointer, held.size), pattern(held.serial)) {
		return &fault{faultBytesLost, held.pointer, held.size}
	}
	return p.release(held.pointer, held.size)
}

// pattern is what a block is filled with: no two that live have the same.
func pattern(serial uint64) (word [8]byte) {
	binary.LittleEndian.PutUint64(word[:], (serial+1)*0x9e3779b97f4a7c15)
	return word
}

func fill(block []byte, word [8]byte) {
	for filled := copy(block, word[:]); filled < len(block); filled *= 2 {
		copy(block[filled:], block[:filled])
	}
}

func holds(block []byte, word [8]byte) bool {
	want := binary.LittleEndian.Uint64(word[:])
	for ; len(block) >= 8; block = block[8:] {
		if binary.LittleEndian.Uint64(block) != want {
			return false
		}
	}
	return string(block) == string(word[:len(block)])
}

// send sends messages, the payloads in turn, and digests what comes back.
func (p *prober) send(payloads [][]byte, count int) (*bulk, error) {
	digest, found := sha256.New(), &bulk{}
	for found.Done < count {
		end := min(found.Done-found.Done%messagesPerDeadline+messagesPerDeadline, count)
		err := p.several(func() error {
			for found.Done < end {
				if err := p.message(payloads[found.Done%len(payloads)], digest); err != nil {
					return err
				}
				found.Done++
				if found.Done%messagesPerDeadline == 0 {
					if err := p.collect(); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil && !errors.As(err, &found.Fault) {
			return nil, err
		}
		found.Pages = p.session.pages()
		if found.Done == messagesPerDeadline {
			found.PagesAfterFirst = found.Pages
		}
		if err != nil {
			break
		}
	}
	if found.PagesAfterFirst == 0 {
		found.PagesAfterFirst = p.session.pages()
	}
	found.Pages = p.session.pages()
	found.Digest = hex.EncodeToString(digest.Sum(nil))
	return found, nil
}

func (p *prober) message(payload []byte, digest hash.Hash) error {
	size := uint32(len(payload))
	pointer, err := p.allocate(size)
	if err != nil {
		return err
	}
	copy(p.session.around.view(pointer, size), payload)
	switch p.shape {
	case shapePacked, shapeFreeOfPointer:
		return p.packed(pointer, size, digest)
	case shapeBuffer:
		return p.buffer(pointer, digest)
	default:
		return p.bindgen(pointer, size, digest)
	}
}

func (p *prober) packed(pointer, size uint32, digest hash.Hash) error {
	results, err := p.call(p.run, uint64(pointer), uint64(size))
	if err != nil {
		return err
	}
	result := results[0]
	at, length, failed := uint32(result>>32)&0x7fffffff, uint32(result), result>>63 == 1
	if err := p.take(at, length, failed, digest); err != nil {
		return err
	}
	if err := p.release(pointer, size); err != nil || length == 0 {
		return err
	}
	return p.release(at, length)
}

func (p *prober) bindgen(pointer, size uint32, digest hash.Hash) error {
	at, length, err := p.bindgenOutput(pointer, size)
	if err != nil {
		return err
	}
	if err := p.take(at, length, false, digest); err != nil || length == 0 {
		return err
	}
	return p.release(at, length)
}

func (p *prober) bindgenOutput(pointer, size uint32) (at, length uint32, err error) {
	if p.shape == shapeMultiValue {
		results, err := p.call(p.run, uint64(pointer), uint64(size))
		if err != nil {
			return 0, 0, err
		}
		return uint32(results[0]), uint32(results[1]), nil
	}
	const frame = 16
	results, err := p.call(p.stack, uint64(uint32(1<<32-frame)))
	if err != nil {
		return 0, 0, err
	}
	place := uint32(results[0])
	if _, err := p.call(p.run, uint64(place), uint64(pointer), uint64(size)); err != nil {
		return 0, 0, err
	}
	if why := p.session.around.check(place, 8); why != nil {
		return 0, 0, &stopped{kindTrap, "out of bounds memory access"}
	}
	view := p.session.around.view(place, 8)
	at, length = binary.LittleEndian.Uint32(view), binary.LittleEndian.Uint32(view[4:])
	_, err = p.call(p.stack, frame)
	return at, length, err
}

func (p *prober) buffer(pointer uint32, digest hash.Hash) error {
	results, err := p.call(p.run, uint64(pointer))
	if err != nil {
		return err
	}
	at, length := uint32(results[0]), uint32(0)
	if at != 0 {
		if at < 4 || !p.session.around.has(at, 0) {
			return &fault{faultOutputOutside, at, 0}
		}
		length = binary.LittleEndian.Uint32(p.session.around.view(at-4, 4))
	}
	if err := p.take(at, length, false, digest); err != nil {
		return err
	}
	return p.release(pointer, 0)
}

// take digests an output: its length, then its bytes; of a failed message a length that none has.
func (p *prober) take(at, length uint32, failed bool, digest hash.Hash) error {
	if length == 0 {
		at = 0
	}
	if !p.session.around.has(at, uint64(length)) {
		return &fault{faultOutputOutside, at, length}
	}
	if length > mostOutput {
		return &fault{faultOutputTooBig, at, length}
	}
	var header [4]byte
	binary.LittleEndian.PutUint32(header[:], length)
	if failed {
		header = [4]byte{0xff, 0xff, 0xff, 0xff}
	}
	digest.Write(header[:])
	if !failed {
		digest.Write(p.session.around.view(at, length))
	}
	return nil
}
