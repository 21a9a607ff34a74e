// Program infra deploys the converter: pulumi up runs it. deploy is the
// deployment's table of contents; each component has a file of its own.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		cfg, err := loadConfig(ctx)
		if err != nil {
			return err
		}
		stack, err := deploy(ctx, cfg)
		if err != nil {
			return err
		}
		ctx.Export("url", stack.URL)
		ctx.Export("key", stack.Key)
		ctx.Export("inputBucket", stack.InputBucket)
		ctx.Export("outputBucket", stack.OutputBucket)
		ctx.Export("serviceAccount", stack.ServiceAccount)
		ctx.Export("image", stack.Image)
		return nil
	})
}
