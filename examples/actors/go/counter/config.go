package main

import "errors"

// The bounds of the settings; metadata.json says the same.
const (
	most     = 1_000_000
	mostStep = 1_000
)

type settings struct {
	initialValue int64
	step         int64
}

func defaults() settings {
	return settings{initialValue: 0, step: 1}
}

// targets says where each setting of the JSON goes.
func (s *settings) targets() map[string]any {
	return map[string]any{"initial_value": &s.initialValue, "step": &s.step}
}

// check refuses settings out of range.
func (s *settings) check() error {
	if s.initialValue < -most || s.initialValue > most {
		return errors.New("initial_value must be from -1000000 to 1000000")
	}
	if s.step < 1 || s.step > mostStep {
		return errors.New("step must be from 1 to 1000")
	}
	return nil
}
