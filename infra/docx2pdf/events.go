package docx2pdf

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/cloudrunv2"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/projects"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/pubsub"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/serviceaccount"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/storage"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

type eventsArgs struct {
	*settings
	// project is the project's id once its APIs are enabled.
	project pulumi.StringOutput
	service *cloudrunv2.Service
	input   *storage.Bucket
}

// events has every document that is dropped into the input bucket converted:
// Cloud Storage notifies a topic, and its subscription calls the service. What
// cannot be converted ends in the dead letters.
type events struct {
	pulumi.ResourceState

	Push, DeadLetters *pubsub.Subscription
}

func newEvents(ctx *pulumi.Context, name string, args *eventsArgs, opts ...pulumi.ResourceOption) (*events, error) {
	c := &events{}
	if err := ctx.RegisterComponentResource("docx2pdf:infra:Events", name, c, opts...); err != nil {
		return nil, err
	}
	uploads, err := pubsub.NewTopic(ctx, args.prefix+"docx2pdf-uploads", c.topicArgs(args), pulumi.Parent(c))
	if err != nil {
		return nil, err
	}
	// Pub/Sub's own account delivers and forwards; it exists once asked for.
	agent, err := projects.NewServiceIdentity(ctx, name+"-pubsub-agent", &projects.ServiceIdentityArgs{
		Project: pulumi.String(args.settings.project),
		Service: pulumi.String("pubsub.googleapis.com"),
	}, pulumi.Parent(c))
	if err != nil {
		return nil, err
	}
	deadLetters, forwards, err := c.deadLetters(ctx, name, args, agent)
	if err != nil {
		return nil, err
	}
	if err := c.push(ctx, name, args, uploads, deadLetters, forwards, agent); err != nil {
		return nil, err
	}
	if err := c.notifications(ctx, name, args, uploads); err != nil {
		return nil, err
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"push": c.Push.Name, "deadLetters": c.DeadLetters.Name})
}

func (c *events) topicArgs(args *eventsArgs) *pubsub.TopicArgs {
	return &pubsub.TopicArgs{Project: pulumi.String(args.settings.project), Labels: args.labels(), KmsKeyName: args.key()}
}

// notifications has Cloud Storage publish every new object of the input bucket.
// They begin after what takes them, and end before it: a topic without a
// subscription drops what it gets.
func (c *events) notifications(ctx *pulumi.Context, name string, args *eventsArgs, topic *pubsub.Topic) error {
	agent := storage.GetProjectServiceAccountOutput(ctx, storage.GetProjectServiceAccountOutputArgs{
		Project: args.project,
	}, pulumi.Parent(c))
	publishes, err := grantPublisher(ctx, name+"-storage-publishes", topic, agent.Member(), c)
	if err != nil {
		return err
	}
	granted := pulumi.All(args.input.Name, topic.ID(), publishes.ID()).ApplyT(func(v []any) (string, error) {
		topic := string(v[1].(pulumi.ID))
		if ctx.DryRun() {
			return topic, nil
		}
		return topic, args.google.AwaitPublishing(ctx.Context(), v[0].(string), topic, teller(ctx, c))
	}).(pulumi.StringOutput)
	_, err = storage.NewNotification(ctx, name+"-notification", &storage.NotificationArgs{
		Bucket:        args.input.Name,
		Topic:         granted,
		PayloadFormat: pulumi.String("JSON_API_V1"),
		EventTypes:    pulumi.StringArray{pulumi.String("OBJECT_FINALIZE")},
	}, pulumi.Parent(c), pulumi.DependsOn([]pulumi.Resource{publishes, c.Push}))
	return err
}

// deadLetters keeps what could not be converted until a person looks. With the
// topic comes what must be there before anything is forwarded to it.
func (c *events) deadLetters(ctx *pulumi.Context, name string, args *eventsArgs,
	agent *projects.ServiceIdentity) (*pubsub.Topic, []pulumi.Resource, error) {
	topic, err := pubsub.NewTopic(ctx, args.prefix+"docx2pdf-dead-letters", c.topicArgs(args), pulumi.Parent(c))
	if err != nil {
		return nil, nil, err
	}
	publishes, err := grantPublisher(ctx, name+"-pubsub-publishes", topic, agent.Member, c)
	if err != nil {
		return nil, nil, err
	}
	// A topic without a subscription drops what is published to it.
	c.DeadLetters, err = pubsub.NewSubscription(ctx, args.prefix+"docx2pdf-dead-letters", &pubsub.SubscriptionArgs{
		Project:                  topic.Project,
		Topic:                    topic.ID(),
		AckDeadlineSeconds:       pulumi.Int(60),
		MessageRetentionDuration: pulumi.String("2678400s"), // 31 days, the most there is.
		ExpirationPolicy:         never,
		Labels:                   args.labels(),
	}, pulumi.Parent(c))
	return topic, []pulumi.Resource{publishes, c.DeadLetters}, err
}

// never is the policy of a subscription that outlives a month without use.
var never = &pubsub.SubscriptionExpirationPolicyArgs{Ttl: pulumi.String("")}

// push has Pub/Sub call the service, as an account of its own.
func (c *events) push(ctx *pulumi.Context, name string, args *eventsArgs, uploads, deadLetters *pubsub.Topic,
	forwards []pulumi.Resource, agent *projects.ServiceIdentity) error {
	account, err := serviceaccount.NewAccount(ctx, name+"-account", &serviceaccount.AccountArgs{
		AccountId:   pulumi.String(args.resourceID("push")),
		DisplayName: pulumi.String("Pub/Sub push to the Docx to PDF converter"),
		Description: args.describe(),
		Project:     pulumi.String(args.settings.project),
	}, pulumi.Parent(c), fixedName)
	if err != nil {
		return err
	}
	signs, err := serviceaccount.NewIAMMember(ctx, name+"-pubsub-signs", &serviceaccount.IAMMemberArgs{
		ServiceAccountId: account.Name,
		Role:             pulumi.String("roles/iam.serviceAccountTokenCreator"),
		Member:           agent.Member,
	}, pulumi.Parent(c), pulumi.DeletedWith(account))
	if err != nil {
		return err
	}
	invokes, err := grantInvoker(ctx, name+"-invoker", args.service, account.Member, c)
	if err != nil {
		return err
	}
	c.Push, err = pubsub.NewSubscription(ctx, args.prefix+"docx2pdf-push", &pubsub.SubscriptionArgs{
		Project: uploads.Project,
		Topic:   uploads.ID(),
		PushConfig: &pubsub.SubscriptionPushConfigArgs{
			PushEndpoint: args.service.Uri,
			OidcToken: &pubsub.SubscriptionPushConfigOidcTokenArgs{
				ServiceAccountEmail: account.Email,
				Audience:            args.service.Uri,
			},
		},
		// Unanswered for longer counts as failed, and Pub/Sub allows no more.
		AckDeadlineSeconds: pulumi.Int(min(max(args.timeoutSeconds, 10), 600)),
		RetryPolicy: &pubsub.SubscriptionRetryPolicyArgs{
			MinimumBackoff: pulumi.String("10s"),
			MaximumBackoff: pulumi.String("600s"),
		},
		DeadLetterPolicy: &pubsub.SubscriptionDeadLetterPolicyArgs{
			DeadLetterTopic:     deadLetters.ID(),
			MaxDeliveryAttempts: pulumi.Int(maxDeliveryAttempts),
		},
		ExpirationPolicy: never,
		Labels:           args.labels(),
	}, pulumi.Parent(c), pulumi.DependsOn(append(forwards, signs, invokes)))
	if err != nil {
		return err
	}
	// Forwarding a message acknowledges it on the subscription it came from.
	_, err = pubsub.NewSubscriptionIAMMember(ctx, name+"-pubsub-acknowledges", &pubsub.SubscriptionIAMMemberArgs{
		Project:      c.Push.Project,
		Subscription: c.Push.Name,
		Role:         pulumi.String("roles/pubsub.subscriber"),
		Member:       agent.Member,
	}, pulumi.Parent(c), pulumi.DeletedWith(c.Push))
	return err
}

// maxDeliveryAttempts is how often a document is tried. With the retry policy's
// growing pauses ten attempts take about forty minutes, long enough for a busy or
// restarting service.
const maxDeliveryAttempts = 10
