// Program infra deploys the converter: pulumi up runs it. Package docx2pdf has
// all that it does.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"docx2pdf/infra/docx2pdf"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		stack, err := docx2pdf.Deploy(ctx)
		if err != nil {
			return err
		}
		stack.Each(func(name string, output pulumi.StringOutput) { ctx.Export(name, output) })
		return nil
	})
}
