package main

import (
	"strings"
	"testing"
)

func texts(events []event) string {
	var found []string
	for _, item := range events {
		found = append(found, string(item.Data[0]))
	}
	return strings.Join(found, "|")
}

func TestLinesDoNotDependOnThePiecesTheyComeIn(t *testing.T) {
	j := &journal{}
	for _, piece := range []string{"o", "ne\ntw", "", "o\n\nth", "ree"} {
		j.print(stdoutLevel, []byte(piece))
	}
	j.print(stderrLevel, []byte("warned"))
	j.finishLines()
	events, dropped := j.take()
	if got := texts(events); got != "one|two||three|warned" || dropped != 0 {
		t.Errorf("got %q and %d dropped", got, dropped)
	}
	if *events[3].Level != stdoutLevel || *events[4].Level != stderrLevel {
		t.Error("a line has the level of the other stream")
	}
}

func TestOnceAnEventIsDroppedAllLaterOnesAre(t *testing.T) {
	j := &journal{}
	j.note("emit", nil, []byte("kept"))
	j.note("emit", nil, make([]byte, mostJournal))
	j.note("emit", nil, []byte("small"))
	events, dropped := j.take()
	if texts(events) != "kept" || dropped != 2 {
		t.Errorf("got %q and %d dropped", texts(events), dropped)
	}
	if !j.hasRoom(mostJournal-eventBytes) || j.hasRoom(mostJournal-eventBytes+1) {
		t.Error("a journal that was taken has not all its room")
	}
}

func TestALineWithoutAnEndIsNoFlood(t *testing.T) {
	j := &journal{}
	for range 40 {
		j.print(stdoutLevel, make([]byte, 65536))
	}
	if len(j.printed[0]) != mostJournal {
		t.Errorf("%d bytes of a line are held", len(j.printed[0]))
	}
}
