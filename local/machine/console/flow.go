package console

import (
	"slices"
	"strings"
)

// Flow is one way that documents take through a deployment: from a bucket over a topic and a subscription to a
// service, and from there to the buckets that it writes to. What a flow does not have is empty.
type Flow struct {
	Inputs       []string `json:"inputs"`
	Topic        string   `json:"topic"`
	Subscription string   `json:"subscription"`
	Service      string   `json:"service"`
	Outputs      []string `json:"outputs"`
	DeadTopic    string   `json:"deadTopic"`
	Dead         []string `json:"dead"` // subscriptions to the dead letters
}

// Flows finds the ways through what is deployed: one for each subscription to a topic that a bucket tells of its
// objects, and one for each service that nothing is pushed to.
func Flows(s State) []Flow {
	flows, pushed := []Flow{}, map[string]bool{}
	for _, b := range s.Buckets {
		for _, n := range b.Topics {
			followed := false
			for _, sub := range s.Backlogs {
				if sub.Topic != n.Topic {
					continue
				}
				followed = true
				f := Flow{Inputs: []string{b.Name}, Topic: n.Topic, Subscription: sub.Name, Outputs: []string{}, Dead: []string{}}
				if i := s.pushedTo(sub); i >= 0 {
					f.Service, f.Outputs = s.Services[i].Name, s.Services[i].outputs(b.Name)
					pushed[f.Service] = true
				}
				f.DeadTopic, f.Dead = sub.DeadLetters, s.readers(sub.DeadLetters)
				flows = append(flows, f)
			}
			if !followed {
				flows = append(flows, Flow{Inputs: []string{b.Name}, Topic: n.Topic, Outputs: []string{}, Dead: []string{}})
			}
		}
	}
	for _, service := range s.Services {
		if pushed[service.Name] {
			continue
		}
		f := Flow{Service: service.Name, Inputs: []string{}, Outputs: service.outputs(""), Dead: []string{}}
		for _, a := range service.Buckets {
			if !slices.Contains(f.Outputs, a.Bucket) {
				f.Inputs = append(f.Inputs, a.Bucket)
			}
		}
		flows = append(flows, f)
	}
	return flows
}

// pushedTo is the index of the service that a subscription pushes to, -1 for none.
func (s State) pushedTo(sub Subscription) int {
	return slices.IndexFunc(s.Services, func(service Service) bool {
		return service.URL != "" && (sub.Endpoint == service.URL || strings.HasPrefix(sub.Endpoint, service.URL+"/"))
	})
}

func (s State) readers(topic string) []string {
	names := []string{}
	for _, sub := range s.Backlogs {
		if topic != "" && sub.Topic == topic {
			names = append(names, sub.Name)
		}
	}
	return names
}

// outputs are the buckets that a service writes to. One that it has by its environment and may neither read nor write
// is among them: then the grant is missing, and the picture says so.
func (s Service) outputs(input string) []string {
	names := []string{}
	for _, a := range s.Buckets {
		if a.Bucket != input && (a.Write.Allowed || !a.Read.Allowed) {
			names = append(names, a.Bucket)
		}
	}
	return names
}
