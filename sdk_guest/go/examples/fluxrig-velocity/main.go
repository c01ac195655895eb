// A gear that marks payments of cards that are used more often than a person would. It keeps the times of each card's last
// payments in its state, and sends an alert beside the payment that is one too many.
package main

import (
	"encoding/binary"

	"plugbay.dev/guest/fluxrig"
)

const (
	// window is how long a payment counts, in nanoseconds.
	window = 60e9
	// most is how many payments of a card are usual in that time.
	most = 3
)

func init() { fluxrig.Handle(check) }

func check(m *fluxrig.Message) ([]*fluxrig.Message, error) {
	card, err := m.Text("card.token")
	if err != nil {
		return nil, err
	}
	stored, _ := fluxrig.GetState("velocity/" + card)
	times := recent(readTimes(stored), m.TS)
	if err := fluxrig.PutState("velocity/"+card, writeTimes(times)); err != nil {
		return nil, err
	}
	if err := m.Set("velocity", len(times)); err != nil {
		return nil, err
	}
	if len(times) == most+1 {
		fluxrig.Warn("a card is used unusually often")
		alert := m.Reply(map[string]any{"alert": "velocity", "card": card, "payments": len(times)})
		if err := fluxrig.Emit(alert); err != nil {
			return nil, err
		}
	}
	return fluxrig.Send(m)
}

// recent are the times within the window before now, now included; more than are needed are forgotten.
func recent(times []int64, now int64) []int64 {
	kept := make([]int64, 0, most+1)
	for _, time := range times {
		if now-time < window && time <= now {
			kept = append(kept, time)
		}
	}
	kept = append(kept, now)
	return kept[max(0, len(kept)-(most+2)):]
}

func readTimes(data []byte) []int64 {
	var times []int64
	for ; len(data) >= 8; data = data[8:] {
		times = append(times, int64(binary.LittleEndian.Uint64(data)))
	}
	return times
}

func writeTimes(times []int64) []byte {
	var data []byte
	for _, time := range times {
		data = binary.LittleEndian.AppendUint64(data, uint64(time))
	}
	return data
}

func main() {}
