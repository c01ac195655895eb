package main

import "testing"

func TestTotals(t *testing.T) {
	for _, test := range []struct {
		cart cart
		want totals
	}{
		{cart{}, totals{}},
		{cart{Lines: []line{{"a", 1000, 2}}}, totals{2, 2000, 0, 490, 2490}},
		{cart{Lines: []line{{"a", 1000, 5}, {"b", 1, 1}}}, totals{6, 5001, 0, 0, 5001}},
		{cart{[]line{{"a", 1000, 5}}, 10}, totals{5, 5000, 500, 490, 4990}},
	} {
		if got, err := total(test.cart); err != nil || got != test.want {
			t.Errorf("%+v: %+v, %v", test.cart, got, err)
		}
	}
}

func TestWhatMakesNoSenseIsAnError(t *testing.T) {
	for _, wrong := range []cart{
		{Coupon: -1},
		{Coupon: 101},
		{Lines: []line{{"a", -1, 1}}},
		{Lines: []line{{"a", 1, 0}}},
		{Lines: []line{{"a", most + 1, 1}}},
	} {
		if got, err := total(wrong); err == nil {
			t.Errorf("%+v: %+v", wrong, got)
		}
	}
}
