package reflow

import (
	"errors"
	"testing"
)

type stepConfig struct {
	Step int `json:"step"`
}

func registeredActor(t *testing.T) {
	before := registered
	t.Cleanup(func() { registered = before })
	Register(Actor[stepConfig, struct{}]{
		Component: "A", Description: "B", Version: "2.0.0", ConfigSchema: ` {"type": "object"} `,
		Inports:  []Port{{"in", "d", TypeFlow, true}},
		Defaults: stepConfig{Step: 1},
		Validate: func(c stepConfig) error {
			if c.Step < 1 {
				return errors.New("too small")
			}
			return nil
		},
		Process: func(*Context[stepConfig, struct{}]) error { return nil },
	})
}

func TestMetadataIsWhatReflowReads(t *testing.T) {
	registeredActor(t)
	data, err := registered.metadata()
	want := `{"component":"A","description":"B","inports":[{"name":"in","description":"d","port_type":"Flow","required":true}],` +
		`"outports":[],"config_schema":{"type":"object"}}`
	if err != nil || string(data) != want {
		t.Errorf("%s, %v", data, err)
	}
	if version, err := registered.version(); err != nil || string(version) != `"2.0.0"` {
		t.Errorf("%s, %v", version, err)
	}
}

func TestConfigsAreJudged(t *testing.T) {
	registeredActor(t)
	for config, want := range map[string]bool{
		`{}`: true, `null`: true, ``: true, `{"step": 3}`: true, `{"step": 0}`: false, `{"step": "3"}`: false, `[]`: false, `x`: false,
	} {
		if got := registered.validate([]byte(config)); got != want {
			t.Errorf("%s: %v", config, got)
		}
	}
}

func TestWithoutAnActorEverythingSaysSo(t *testing.T) {
	if _, err := registered.metadata(); err == nil {
		t.Error("there is metadata")
	}
	if _, err := registered.process(nil); err == nil {
		t.Error("there is an answer")
	}
	if _, err := registered.version(); err == nil || registered.validate(nil) {
		t.Error("there is an actor")
	}
	if _, err := (Actor[int, int]{}).metadata(); err == nil {
		t.Error("an actor without a name")
	}
	if (Actor[int, int]{}).version() != "0.0.0" {
		t.Error("another version")
	}
}
