# Ledgerbell's stack from Terraform or OpenTofu.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = ">= 5.0" }
  }
}

variable "bucket" {
  description = "The bucket with the functions and packaged.yaml, in the region of the stack."
  type        = string
}

resource "aws_cloudformation_stack" "ledgerbell" {
  name         = "ledgerbell"
  template_url = "https://${var.bucket}.s3.amazonaws.com/ledgerbell/packaged.yaml"
  capabilities = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]

  # What a first deployment made stays when it fails, so that applying again goes on.
  disable_rollback = true

  parameters = {
    MailIdentity = "example.com"
    MailFrom     = "alerts@example.com"
  }

  lifecycle {
    prevent_destroy = true
  }
}

output "api_url" {
  value = aws_cloudformation_stack.ledgerbell.outputs["ApiUrl"]
}
