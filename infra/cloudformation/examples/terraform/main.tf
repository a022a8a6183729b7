# Ledgerbell's stack from Terraform or OpenTofu.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = ">= 5.0" }
  }
}

variable "release" {
  description = "The folder in the bucket with packaged.yaml. Another one for each release: the same address is no change."
  type        = string
}

variable "bucket" {
  description = "The bucket with the functions and packaged.yaml, in the region of the stack."
  type        = string
}

resource "aws_cloudformation_stack" "ledgerbell" {
  name         = "ledgerbell"
  template_url = "https://${var.bucket}.s3.amazonaws.com/${var.release}/packaged.yaml"
  capabilities = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]

  # What a first deployment made stays when it fails. The resource is tainted then: mend the cause, run "terraform untaint
  # aws_cloudformation_stack.ledgerbell", and apply again.
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
