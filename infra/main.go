// Program infra deploys the converter: pulumi up runs it. deploy is the
// deployment's table of contents; each component has a file of its own.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		cfg, err := loadSettings(ctx)
		if err != nil {
			return err
		}
		stack, err := deploy(ctx, cfg)
		if err != nil {
			return err
		}
		stack.each(func(name string, output pulumi.StringOutput) { ctx.Export(name, output) })
		return nil
	})
}
