// Ledgerbell's stack in an app of yours. `npm install aws-cdk-lib constructs`, `npx cdk deploy`.
import { App, CfnOutput, Stack } from "aws-cdk-lib";
import { EventBus, Rule } from "aws-cdk-lib/aws-events";
import { CloudWatchLogGroup } from "aws-cdk-lib/aws-events-targets";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { CfnInclude } from "aws-cdk-lib/cloudformation-include";

const app = new App();
const stack = new Stack(app, "ledgerbell", { stackName: "ledgerbell" });
const ledgerbell = new CfnInclude(stack, "Ledgerbell", {
  templateFile: "packaged.yaml",
  // The logical ids stay those of the template, so that a stack that was deployed by the script can be taken over.
  preserveLogicalIds: true,
  parameters: { MailIdentity: "example.com", MailFrom: "alerts@example.com" },
});

// Everything else can refer to it: here each large withdrawal is logged.
const bus = EventBus.fromEventBusName(stack, "Bus", ledgerbell.getResource("Bus").ref);
new Rule(stack, "Withdrawals", {
  eventBus: bus,
  eventPattern: { detailType: ["MoneyWithdrawn"] },
  targets: [new CloudWatchLogGroup(new LogGroup(stack, "WithdrawalsLog"))],
});
new CfnOutput(stack, "LedgerbellBus", { value: bus.eventBusName });
