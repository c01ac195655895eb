// A gear that counts the payments of each user. The counts are kept in the host's state, so they outlive the instance.
package main

import (
	"strconv"

	"plugbay.dev/guest/fluxrig"
)

func init() { fluxrig.Handle(count) }

func count(m *fluxrig.Message) ([]*fluxrig.Message, error) {
	user, err := m.Text("user")
	if err != nil {
		return nil, err
	}
	key := "payments/" + user
	payments := int64(1)
	if text, found := fluxrig.GetState(key); found {
		before, err := strconv.ParseInt(string(text), 10, 64)
		if err != nil {
			return nil, err
		}
		payments += before
	}
	if err := fluxrig.PutState(key, strconv.AppendInt(nil, payments, 10)); err != nil {
		return nil, err
	}
	if err := m.Set("payments", payments); err != nil {
		return nil, err
	}
	return fluxrig.Send(m)
}

func main() {}
