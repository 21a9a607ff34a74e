package run

import (
	"cmp"
	"net/http"

	runapi "google.golang.org/api/run/v2"
)

// reachable says whether a request may reach a service at all. From outside Google Cloud only a service whose ingress
// is
// all can be reached: there is no load balancer here, and what comes from inside is marked.
// https://cloud.google.com/run/docs/securing/ingress
func (s *Service) reachable(ingress string, r *http.Request) bool {
	inside := s.internal(r)
	return inside || ingress == "INGRESS_TRAFFIC_ALL"
}

// theNetwork is the only one there is, with a subnetwork of its name: the one that each project has.
// https://cloud.google.com/vpc/docs/vpc#default-network
const theNetwork = "default"

// throughTheNetwork says whether VPC access is direct egress through the network that there is. What an instance sends
// goes out of this machine as always.
// https://cloud.google.com/run/docs/configuring/vpc-direct-vpc
func throughTheNetwork(v *runapi.GoogleCloudRunV2VpcAccess) bool {
	if v.Connector != "" || len(v.NetworkInterfaces) != 1 {
		return false
	}
	through := v.NetworkInterfaces[0]
	return through.Network == theNetwork && through.Subnetwork == theNetwork
}

// fillNetwork sets what Google sets where VPC access says nothing.
func fillNetwork(v *runapi.GoogleCloudRunV2VpcAccess) {
	if v == nil {
		return
	}
	if v.Egress == "" || v.Egress == "VPC_EGRESS_UNSPECIFIED" {
		v.Egress = "PRIVATE_RANGES_ONLY"
	}
	for _, through := range v.NetworkInterfaces {
		through.Network = cmp.Or(through.Network, through.Subnetwork)
		through.Subnetwork = cmp.Or(through.Subnetwork, through.Network)
	}
}
