// html-validate for the whole session: one line of JSON in ([name, html] pairs), one line of JSON out (what is wrong).
// Making a validator takes a third of a second, checking a page with it a hundredth.
import { createInterface } from "node:readline";
import { HtmlValidate } from "html-validate";

const validator = new HtmlValidate({ root: true, extends: ["html-validate:standard"] });
for await (const line of createInterface({ input: process.stdin })) {
  const found = [];
  for (const [name, html] of JSON.parse(line)) {
    const { results } = await validator.validateString(html, "page.html");
    for (const { line, ruleId, message } of results.flatMap(result => result.messages)) {
      found.push(`${name}:${line}: ${ruleId}: ${message}`);
    }
  }
  process.stdout.write(JSON.stringify(found) + "\n");
}
