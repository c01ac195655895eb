package main

import "encoding/binary"

const (
	subscriptionBytes = 48
	pollEventBytes    = 32

	tagClock = 0
	tagRead  = 1
	tagWrite = 2
)

// subscription is one thing that a guest waits for; subject is a clock or a stream.
type subscription struct {
	userdata   uint64
	tag        byte
	subject    uint32
	timeout    uint64
	isAbsolute bool
}

func readSubscription(raw []byte) subscription {
	tag := raw[8]
	return subscription{
		userdata:   binary.LittleEndian.Uint64(raw),
		tag:        tag,
		subject:    binary.LittleEndian.Uint32(raw[16:]),
		timeout:    binary.LittleEndian.Uint64(raw[24:]),
		isAbsolute: tag == tagClock && raw[40]&1 != 0,
	}
}

func (s *surroundings) subscriptionErrno(w subscription) uint64 {
	if w.tag == tagClock {
		if w.subject > clockMonotonic {
			return errnoInval
		}
		return errnoSuccess
	}
	if !s.isOpen(uint64(w.subject)) {
		return errnoBadf
	}
	return errnoSuccess
}

// wait is nanoseconds until the subscription is due: 0 for a stream, which never blocks, and for an error.
func (s *surroundings) wait(w subscription) uint64 {
	if w.tag != tagClock || s.subscriptionErrno(w) != errnoSuccess {
		return 0
	}
	if !w.isAbsolute {
		return w.timeout
	}
	now := s.time(uint64(w.subject))
	if w.timeout <= now {
		return 0
	}
	return w.timeout - now
}

// pollEvent is what the guest is told: standard input has ended, the other streams can be written.
func (s *surroundings) pollEvent(w subscription, out []byte) {
	errno := s.subscriptionErrno(w)
	binary.LittleEndian.PutUint64(out, w.userdata)
	binary.LittleEndian.PutUint64(out[8:], errno|uint64(w.tag)<<16)
	binary.LittleEndian.PutUint64(out[16:], 0)
	hangup := uint64(0)
	if w.tag == tagRead && errno == errnoSuccess {
		hangup = 1
	}
	binary.LittleEndian.PutUint64(out[24:], hangup)
}

// pollOneoff reports everything that is due once the shortest wait is over, which it is at once.
func pollOneoff(s *surroundings, a []uint64) uint64 {
	in, out, count, told := uint32(a[0]), uint32(a[1]), a[2], uint32(a[3])
	if count == 0 {
		return errnoInval
	}
	if !s.has(in, count*subscriptionBytes) || !s.has(out, count*pollEventBytes) || !s.has(told, 4) {
		return errnoFault
	}
	wanted := make([]subscription, 0, count)
	raw := s.view(in, uint32(count*subscriptionBytes))
	shortest := ^uint64(0)
	for index := range count {
		if index%checkedEvery == 0 {
			s.checkTime()
		}
		w := readSubscription(raw[index*subscriptionBytes:])
		if w.tag > tagWrite {
			return errnoInval
		}
		shortest = min(shortest, s.wait(w))
		wanted = append(wanted, w)
	}
	due := uint32(0)
	for _, w := range wanted {
		if s.wait(w) <= shortest {
			s.pollEvent(w, s.view(out+due*pollEventBytes, pollEventBytes))
			due++
		}
	}
	s.slept = min(addCapped(s.slept, shortest), mostTime)
	s.store32(told, due)
	return errnoSuccess
}

func addCapped(a, b uint64) uint64 {
	if sum := a + b; sum >= a {
		return sum
	}
	return ^uint64(0)
}
