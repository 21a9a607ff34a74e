// What a program that was written for Gotenberg does, with a client that others wrote: DOCUMENT FOLDER. The client
// takes the address from GOTENBERG_ENDPOINT, as its documentation says.
const { readFileSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { LibreOffice, PdfFormat } = require("chromiumly");

const [document, folder] = process.argv.slice(2);
const file = { data: readFileSync(document), ext: "docx" };
const save = (name, content) => writeFileSync(join(folder, name), content);

async function main() {
  save("archive.pdf", await LibreOffice.convert({ files: [file], pdfa: PdfFormat.A_2b, pdfUA: true, outputFilename: "archive" }));
  save("second.pdf", await LibreOffice.convert({ files: [file], properties: { nativePageRanges: { from: 2, to: 2 } } }));
  save("locked.pdf", await LibreOffice.convert({ files: [file], userPassword: "secret" }));
  save("both.zip", await LibreOffice.convert({ files: [file, file], quality: 50, reduceImageResolution: true, maxImageResolution: 150 }));
  for (const options of [
    { properties: { landscape: true } },
    { metadata: { Author: "me" } },
    { split: { mode: "pages", span: "1" } },
    { webhook: { webhookUrl: "http://127.0.0.1:1" } },
  ]) {
    await LibreOffice.convert({ files: [file], trace: "mine", ...options }).then(
      () => console.log("converted in spite of", options),
      (error) => console.log(error.message),
    );
  }
}

main();
