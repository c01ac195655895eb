package main

import "bytes"

const (
	// mostJournal bounds what a journal keeps: the bytes of its events, and eventBytes for each.
	mostJournal = 1 << 20
	eventBytes  = 64

	stdoutLevel uint32 = 2
	stderrLevel uint32 = 3
)

// journal keeps what a guest called, in order. Once there is no room for an event, it and all later ones are counted only.
type journal struct {
	events  []event
	used    int
	dropped int
	printed [2][]byte
}

func (j *journal) hasRoom(size int) bool {
	return j.dropped == 0 && j.used+size+eventBytes <= mostJournal
}

// note keeps an event whose bytes are the caller's to give away.
func (j *journal) note(name string, level *uint32, data ...[]byte) {
	size := 0
	for _, piece := range data {
		size += len(piece)
	}
	if !j.hasRoom(size) {
		j.drop()
		return
	}
	j.used += size + eventBytes
	j.events = append(j.events, event{Name: name, Data: data, Level: level})
}

func (j *journal) drop() { j.dropped++ }

// print takes what the guest wrote to a stream; each whole line is an event log of that level.
func (j *journal) print(level uint32, piece []byte) {
	for {
		end := bytes.IndexByte(piece, '\n')
		if end < 0 {
			j.continueLine(level, piece)
			return
		}
		j.continueLine(level, piece[:end])
		j.endLine(level)
		piece = piece[end+1:]
	}
}

// finishLines takes unfinished lines for whole ones: the call that printed them is over.
func (j *journal) finishLines() {
	for index, line := range j.printed {
		if len(line) > 0 {
			j.endLine(stdoutLevel + uint32(index))
		}
	}
}

// take gives all events since the last time, and how many were not kept.
func (j *journal) take() ([]event, int) {
	events, dropped := j.events, j.dropped
	j.events, j.used, j.dropped = nil, 0, 0
	return events, dropped
}

func (j *journal) endLine(level uint32) {
	line := j.printed[level-stdoutLevel]
	j.printed[level-stdoutLevel] = nil
	if line == nil {
		line = []byte{}
	}
	j.note("log", &level, line)
}

func (j *journal) continueLine(level uint32, piece []byte) {
	line := j.printed[level-stdoutLevel]
	if room := mostJournal - len(line); len(piece) > room {
		piece = piece[:room]
	}
	j.printed[level-stdoutLevel] = append(line, piece...)
}
