package docx2pdf

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/cloudrunv2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// ingresses are from where the service can be reached, by the names that gcloud has for them.
// https://cloud.google.com/run/docs/securing/ingress
var ingresses = map[string]string{
	"all":                               "INGRESS_TRAFFIC_ALL",
	"internal":                          "INGRESS_TRAFFIC_INTERNAL_ONLY",
	"internal-and-cloud-load-balancing": "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
}

// network gives the service, and its revisions, what the configuration says of the network.
func (s *settings) network(service *cloudrunv2.ServiceArgs, template *cloudrunv2.ServiceTemplateArgs) {
	service.Ingress = pulumi.String(ingresses[s.ingress])
	if len(s.customAudiences) > 0 {
		service.CustomAudiences = pulumi.ToStringArray(s.customAudiences)
	}
	if s.vpcNetwork == "" {
		return
	}
	through := &cloudrunv2.ServiceTemplateVpcAccessNetworkInterfaceArgs{Network: pulumi.String(s.vpcNetwork)}
	if s.vpcSubnetwork != "" {
		through.Subnetwork = pulumi.String(s.vpcSubnetwork)
	}
	egress := map[string]string{"all-traffic": "ALL_TRAFFIC", "private-ranges-only": "PRIVATE_RANGES_ONLY"}
	template.VpcAccess = &cloudrunv2.ServiceTemplateVpcAccessArgs{
		Egress:            pulumi.String(egress[s.vpcEgress]),
		NetworkInterfaces: cloudrunv2.ServiceTemplateVpcAccessNetworkInterfaceArray{through},
	}
}

// key is the Cloud KMS key of the configuration; nil leaves encryption to Google.
func (s *settings) key() pulumi.StringPtrInput {
	if s.kmsKey == "" {
		return nil
	}
	return pulumi.String(s.kmsKey)
}
