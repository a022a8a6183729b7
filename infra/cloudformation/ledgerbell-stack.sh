#!/bin/sh
# Ledgerbell's stack in AWS, with nothing but the AWS command line (version 1 or 2): what would fail is found before
# anything is made. See README.md in this folder.
set -eu

usage() {
    cat <<'TEXT'
Usage: ledgerbell-stack.sh COMMAND --stack NAME [OPTION]...

Commands:
  preflight   look for what would fail; changes nothing
  deploy      preflight, then upload the functions and create or update the stack
  package     upload the functions, and write the template that names them, for tools of your own
  status      say what the stack is, and what still waits for a person
  repair      bring what was changed or deleted by hand back to the deployed template; shows it, and asks
  abandon     delete a stack that never held an event, with all that it left; shows what is lost, and asks

Options:
  --stack NAME              name of the stack, with which the names of its resources begin
  --bucket BUCKET           S3 bucket for the functions, in the region of the stack (preflight, deploy, package)
  --parameter NAME=VALUE    parameter of the template; may be repeated
  --arch arm64|x86_64       processor of the functions; if not given, that of the stack, and of a new one arm64
  --template FILE           template, whose paths to the functions are relative to it; by default that of the processor
  --skip-preflight          deploy without looking first
  --output FILE             where package writes the template

Credentials and region are those of the AWS command line: environment or profile.
Exit codes: 0 done, 1 something would fail or has failed, 2 wrong use.
TEXT
}

wrong() {
    printf '%s\n' "$1" >&2
    printf '%s\n' "See: $0 --help" >&2
    exit 2
}

# ---------------------------------------------------------------- arguments

stack='' bucket='' parameters='' skip_preflight='' stack_rows='' template='' output=''
newline='
'

[ $# -gt 0 ] || { usage >&2; exit 2; }
case $1 in
    preflight | deploy | package | status | repair | abandon) command=$1 ;;
    -h | --help) usage; exit 0 ;;
    *) wrong "$1 is not a command" ;;
esac
shift
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help) usage; exit 0 ;;
        --skip-preflight)
            skip_preflight=true
            shift
            continue
            ;;
        --stack | --bucket | --parameter | --arch | --template | --output) [ $# -gt 1 ] || wrong "$1 needs a value" ;;
        *) wrong "$1 is not an option" ;;
    esac
    case $1 in
        --stack) stack=$2 ;;
        --bucket) bucket=$2 ;;
        --template) template=$2 ;;
        --output) output=$2 ;;
        --arch)
            case $2 in
                arm64 | x86_64) parameters=Architecture=$2$newline$parameters ;;
                *) wrong "--arch is arm64 or x86_64" ;;
            esac
            ;;
        --parameter)
            case $2 in
                *=*) parameters=$parameters$2$newline ;;
                *) wrong "--parameter is NAME=VALUE" ;;
            esac
            ;;
    esac
    shift 2
done
[ -n "$stack" ] || wrong "--stack is missing"
[ "$command" != package ] || [ -n "$output" ] || wrong "--output is missing"
case $command in
    preflight | deploy | package)
        [ -n "$bucket" ] || wrong "--bucket is missing"
        ;;
esac
command -v aws >/dev/null || wrong "the AWS command line is missing: https://aws.amazon.com/cli/"

# The value of a parameter: as given, as the stack has it, or its default in the template.
parameter() {
    if printf '%s' "$parameters" | grep -q "^$1="; then
        printf '%s' "$parameters" | sed -n "s/^$1=//p" | tail -n 1
    else
        value=$(current "$1")
        printf '%s' "${value:-$2}"
    fi
}

# The value that the stack has; empty if there is none.
current() {
    described Parameter | sed -n "s/^$1	//p"
}

# Sets $template: a release has one for each processor beside the functions, a checkout one.
choose_template() {
    if [ -z "$template" ]; then
        template=$(dirname "$0")/template.yaml
        [ -e "$template" ] || template=$(dirname "$0")/$(parameter Architecture arm64)/template.yaml
    fi
    [ -e "$template" ] || wrong "there is no template $template"
}

region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}
[ -n "$region" ] || wrong "no region is set: AWS_REGION, or aws configure"
export AWS_REGION="$region" AWS_DEFAULT_REGION="$region" AWS_PAGER=

# ---------------------------------------------------------------- asking AWS

errors=$(mktemp)
trap 'rm -f "$errors"' EXIT

# Sends a call that reads: its answer is in $answer. If it fails, the code of its error is in $error.
ask() {
    error=
    if answer=$(aws "$@" --output text 2>"$errors"); then
        [ "$answer" != None ] || answer=
        return 0
    fi
    error=$(sed -n 's/.*An error occurred (\([^)]*\)).*/\1/p' "$errors" | head -n 1)
    return 1
}

# The answer, which is a list, in one line.
listed() {
    printf '%s' "$answer" | tr -s '\t\n' ',,'
}

words() {
    printf '%s' "$1" | tr ',' ' '
}

# What is known of the call that failed: $1 is its name.
unreadable() {
    case $error in
        *AccessDenied* | *Forbidden* | *Unauthorized*) warn "you may not call $1, so this is not checked" ;;
        *) warn "$1 does not answer, so this is not checked: $(tail -n 1 "$errors")" ;;
    esac
}

stops=0
finding() {
    printf '%-5s %s\n' "$1" "$2"
    shift 2
    for mend in "$@"; do printf '%s\n' "$mend" | sed 's/^/        /'; done
}
ok() { finding ok "$@"; }
warn() { finding warn "$@"; }
stop() {
    stops=$((stops + 1))
    finding STOP "$@"
}

# ---------------------------------------------------------------- what is checked

check_words() {
    [ ${#stack} -le 44 ] ||
        stop "the name $stack has ${#stack} characters, and 44 fit: names of resources begin with it"
    case $stack in
        [!a-zA-Z]* | *[!a-zA-Z0-9-]*) stop "the name $stack is not a letter, then letters, digits and hyphens" ;;
    esac
    case $region in
        ap-east-1 | ap-east-2 | ap-southeast-4 | ap-southeast-6 | ap-southeast-7 | cn-north-1 | cn-northwest-1 | \
            eu-south-2 | mx-central-1)
            stop "CloudFormation has no SES in $region: choose another region"
            ;;
    esac
    # The command line drops a parameter that the template does not have.
    names=$(sed -n '/^Parameters:/,/^[A-Z][a-zA-Z]*:$/s/^  \([A-Za-z]*\):$/\1/p' "$template" 2>/dev/null || true)
    for name in $(printf '%s' "$parameters" | sed 's/=.*//'); do
        case $newline$names$newline in
            "$newline$newline" | *"$newline$name$newline"*) ;;
            *) stop "the template has no parameter $name" ;;
        esac
    done
    requests=$(parameter RequestsPerAddress 0)
    case $requests in
        [1-9]) stop "RequestsPerAddress is $requests: it is 0, or at least 10" ;;
    esac
    identity=$(parameter MailIdentity '')
    from=$(parameter MailFrom '')
    if [ "$status" = none ] && { [ -z "$identity" ] || [ -z "$from" ]; }; then
        stop "MailIdentity and MailFrom are missing" \
            "--parameter MailIdentity=example.com --parameter MailFrom=alerts@example.com"
    fi
    case $from in
        '' | "$identity" | *@"$identity" | *."$identity") ;;
        *) stop "MailFrom $from does not belong to MailIdentity $identity" ;;
    esac
}

# Sets $status to the stack's, or none, and $stack_rows to what describes it.
look_at_stack() {
    # shellcheck disable=SC2016 # literals of JMESPath
    if ask cloudformation describe-stacks --stack-name "$stack" --query "Stacks[0].[[['Status', StackStatus], ['Protected', EnableTerminationProtection]],
            Parameters[].['Parameter', ParameterKey, ParameterValue] || "'`[]`'",
            Outputs[].['Output', OutputKey, OutputValue] || "'`[]`'"][]"; then
        stack_rows=$answer
        status=$(described Status)
        # Its first change set was refused: for all but its deletion there is no stack yet.
        [ "$status" != REVIEW_IN_PROGRESS ] || [ "$command" = abandon ] || status=none
    elif grep -q 'does not exist' "$errors"; then
        status=none
    else
        status=unknown
        unreadable cloudformation:DescribeStacks
    fi
}

# The rows of this kind: name and value of each parameter or output, or the status.
described() {
    printf '%s\n' "$stack_rows" | sed -n "s/^$1	//p"
}

check_stack() {
    case $status in
        none) ok "there is no stack $stack yet" ;;
        CREATE_FAILED | UPDATE_FAILED) ok "the stack is $status: deploying again goes on where it stopped" ;;
        ROLLBACK_COMPLETE)
            stop "the stack is ROLLBACK_COMPLETE, and takes no update" \
                "aws cloudformation delete-stack --stack-name $stack"
            ;;
        UPDATE_ROLLBACK_FAILED | IMPORT_ROLLBACK_FAILED)
            stop "the stack is $status, and takes no update" \
                "aws cloudformation continue-update-rollback --stack-name $stack"
            ;;
        ROLLBACK_FAILED | DELETE_FAILED)
            stop "the stack is $status, and takes no update" "if it never held an event: $0 abandon --stack $stack"
            ;;
        *_IN_PROGRESS) stop "the stack is $status: wait for its end" ;;
        unknown) ;;
        *) ok "the stack is $status, and is updated" ;;
    esac
}

# Sets $tables, $queue, $secret and $keys to those that have a name of this stack, and $all_named to whether AWS has
# answered each question.
find_named() {
    tables='' queue='' secret='' keys='' wanted='' all_named=true
    for table in events requests balances customers notifications suppressions replays schedules; do
        wanted="$wanted || @=='$stack-$table'"
    done
    if named dynamodb:ListTables dynamodb list-tables --query "TableNames[?${wanted# || }]"; then tables=$(listed); fi
    if named sqs:GetQueueUrl sqs get-queue-url --queue-name "$stack-dead-letters" --query QueueUrl; then queue=$answer; fi
    if named secretsmanager:DescribeSecret secretsmanager describe-secret --secret-id "$stack-signing-keys" --query Name; then
        secret=$answer
    fi
    if named kms:ListAliases kms list-aliases \
        --query "Aliases[?AliasName=='alias/$stack-data' || AliasName=='alias/$stack-secrets'].AliasName"; then
        keys=$(listed)
    fi
}

# Asks for something by its name. That there is none is an answer.
named() {
    call=$1
    shift
    ask "$@" && return
    case $error in
        ResourceNotFoundException | *NonExistentQueue | QueueDoesNotExist) ;;
        *)
            all_named=
            unreadable "$call"
            ;;
    esac
    return 1
}

# The names of what an earlier stack left are taken.
check_leftovers() {
    [ "$status" = none ] || return 0
    find_named
    left=${tables:+ tables $tables}${queue:+ queue $stack-dead-letters}${secret:+ secret $secret}${keys:+ keys $keys}
    if [ -n "$left" ]; then
        stop "an earlier stack of this name left:$left" \
            "choose another name, or bring them into the new stack: docs/maintenance/restoring.md" \
            "if it never held an event: $0 abandon --stack $stack"
    elif [ -n "$all_named" ]; then
        ok "no resource has a name of this stack"
    fi
}

check_bucket() {
    if ask s3api head-bucket --bucket "$bucket" --query BucketRegion; then
        # An old command line does not say where it is.
        if [ "${answer:=$region}" = "$region" ]; then
            ok "the bucket $bucket is in $region"
        else
            stop "the bucket $bucket is in $answer, and the stack in $region: Lambda reads zips of its own region" \
                "aws s3 mb s3://ANOTHER-NAME --region $region"
        fi
        return
    fi
    case $error in
        404) stop "there is no bucket $bucket" "aws s3 mb s3://$bucket --region $region" ;;
        *) stop "the bucket $bucket is another account's, or you may not read it" "aws s3 mb s3://ANOTHER-NAME --region $region" ;;
    esac
}

check_access_log() {
    [ "$(parameter ApiAccessLog true)" = true ] || return 0
    if ! ask apigateway get-account --query cloudwatchRoleArn; then
        unreadable apigateway:GET
    elif [ -n "$answer" ]; then
        ok "API Gateway may write logs"
    else
        stop "API Gateway has no role for logs in this account and region, which the access log needs" \
            "aws iam create-role --role-name api-gateway-logs --assume-role-policy-document '{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"apigateway.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}]}'" \
            "aws iam attach-role-policy --role-name api-gateway-logs --policy-arn arn:$partition:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs" \
            "aws apigateway update-account --patch-operations op=replace,path=/cloudwatchRoleArn,value=arn:$partition:iam::$account:role/api-gateway-logs" \
            "or: --parameter ApiAccessLog=false"
    fi
}

check_concurrency() {
    wanted=$(parameter NotifyConcurrency 0)
    more=$((wanted - $(current NotifyConcurrency | grep . || printf 0)))
    [ "$more" -gt 0 ] || return 0
    if ! ask lambda get-account-settings --query AccountLimit.UnreservedConcurrentExecutions; then
        unreadable lambda:GetAccountSettings
    elif [ $((answer - more)) -ge 100 ]; then
        ok "$answer concurrent executions are not reserved, of which notify takes $wanted"
    else
        stop "NotifyConcurrency is $wanted, and $answer concurrent executions are not reserved, of which 100 must stay" \
            "--parameter NotifyConcurrency=0" \
            "or: aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000"
    fi
}

check_identity() {
    [ -n "$identity" ] || return 0
    creates=$(parameter CreateMailIdentity true)
    # shellcheck disable=SC2016 # literals of JMESPath
    if ask sesv2 get-email-identity --email-identity "$identity" \
        --query '[VerifiedForSendingStatus, join(`,`, DkimAttributes.Tokens || `[]`), DkimAttributes.SigningHostedZone]'; then
        verified=$(printf '%s' "$answer" | cut -f 1)
        tokens=$(printf '%s' "$answer" | cut -f 2)
        zone=$(printf '%s' "$answer" | cut -f 3)
        if [ "$command" != status ] && [ "$creates" = true ] &&
            [ "$(current CreateMailIdentity) $(current MailIdentity)" != "true $identity" ]; then
            stop "SES has the identity $identity already" "--parameter CreateMailIdentity=false"
        fi
        if [ "$verified" = True ]; then
            ok "SES has verified $identity"
        else
            warn "SES has not verified $identity yet: mails wait until it has" "$(records "$tokens")"
        fi
    elif [ "$error" != NotFoundException ]; then
        unreadable ses:GetEmailIdentity
    elif [ "$creates" = true ]; then
        [ "$command" = status ] ||
            ok "SES gets the identity $identity, and mails wait until it is verified: status says how"
    else
        stop "SES does not have the identity $identity" "--parameter CreateMailIdentity=true"
    fi
}

# The DNS records of an identity that is a domain; an address gets a mail with a link.
records() {
    case $identity in
        *@*) printf '%s' "follow the link in the mail to $identity" ;;
        *)
            case $zone:$region in
                None:af-south-1 | None:ap-northeast-3 | None:ap-southeast-3 | None:ap-southeast-5 | None:ca-west-1 | \
                    None:eu-central-2 | None:eu-south-1 | None:il-central-1 | None:me-central-1 | None:us-gov-east-1)
                    zone=dkim.$region.amazonses.com
                    ;;
                None:*) zone=dkim.amazonses.com ;;
            esac
            printf '%s' "$1" | tr ',' '\n' | while read -r token || [ -n "$token" ]; do
                printf '%s._domainkey.%s CNAME %s.%s\n' "$token" "$identity" "$token" "$zone"
            done
            ;;
    esac
}

check_sending() {
    if ! ask sesv2 get-account \
        --query '[ProductionAccessEnabled, SendingEnabled, EnforcementStatus, SendQuota.Max24HourSend, SendQuota.MaxSendRate]'; then
        unreadable ses:GetAccount
        return
    fi
    production=$(printf '%s' "$answer" | cut -f 1)
    enabled=$(printf '%s' "$answer" | cut -f 2)
    standing=$(printf '%s' "$answer" | cut -f 3)
    quota=$(printf '%s' "$answer" | cut -f 4)
    rate=$(printf '%s' "$answer" | cut -f 5)
    limits="${quota%.0} mails a day, ${rate%.0} a second"
    if [ "$enabled" != True ]; then
        warn "sending is switched off for this account: mails wait" "aws sesv2 put-account-sending-attributes --sending-enabled"
    elif [ "$standing" != HEALTHY ] && [ -n "$standing" ]; then
        warn "SES has this account under review ($standing): answer the case in the Support Center"
    fi
    if [ "$production" = True ]; then
        ok "SES sends to everybody: $limits"
    else
        warn "SES is in its sandbox: $limits, to verified recipients only; mails to others wait" \
            "aws sesv2 put-account-details --production-access-enabled --mail-type TRANSACTIONAL --website-url https://YOUR-BANK"
    fi
}

check_topic() {
    topic=$(parameter AlarmTopic '')
    [ -n "$topic" ] || {
        warn "AlarmTopic is empty: alarms are seen in CloudWatch only" "--parameter AlarmTopic=ARN"
        return 0
    }
    if ask sns get-topic-attributes --topic-arn "$topic" \
        --query 'Attributes.[SubscriptionsConfirmed, SubscriptionsPending]'; then
        case $answer in
            0"	0" | 0"	None") warn "nobody is subscribed to $topic" "aws sns subscribe --topic-arn $topic --protocol email --notification-endpoint ADDRESS" ;;
            0"	"*) warn "the subscription of $topic waits for its confirmation: follow the link in the mail" ;;
            *) ok "alarms go to $topic" ;;
        esac
    else
        case $error in
            NotFound | NotFoundException | InvalidParameter) stop "there is no topic $topic" "aws sns create-topic --name NAME" ;;
            *) unreadable sns:GetTopicAttributes ;;
        esac
    fi
}

# What a first deployment calls, as far as a policy can forget it.
ACTIONS="cloudformation:CreateChangeSet dynamodb:CreateTable dynamodb:PutResourcePolicy dynamodb:UpdateContinuousBackups
dynamodb:UpdateTimeToLive kms:CreateKey kms:CreateAlias kms:PutKeyPolicy kms:EnableKeyRotation kms:CreateGrant
lambda:CreateFunction lambda:CreateEventSourceMapping lambda:PutFunctionConcurrency iam:CreateRole iam:PutRolePolicy
iam:CreatePolicy iam:PassRole events:CreateEventBus events:PutRule events:CreateArchive scheduler:CreateSchedule
sqs:CreateQueue secretsmanager:CreateSecret ses:CreateEmailIdentity ses:CreateConfigurationSet s3:CreateBucket
s3:PutObject apigateway:POST logs:CreateLogGroup cloudwatch:PutMetricAlarm cloudwatch:PutDashboard"

check_rights() {
    case $caller in
        *:assumed-role/*)
            role=$(printf '%s' "$caller" | sed 's,.*:assumed-role/\([^/]*\)/.*,\1,')
            # The session's name lacks the path that the role's has.
            ask iam get-role --role-name "$role" --query Role.Arn || return 0
            principal=$answer
            ;;
        *:user/*) principal=$caller ;;
        *) return 0 ;;
    esac
    # shellcheck disable=SC2086 # a list of words
    if ! ask iam simulate-principal-policy --policy-source-arn "$principal" --action-names $ACTIONS \
        --query "EvaluationResults[?EvalDecision!='allowed'].EvalActionName"; then
        unreadable iam:SimulatePrincipalPolicy
    elif [ -n "$answer" ]; then
        warn "by its policies, $principal may not: $(listed)"
    else
        ok "your policies allow what a deployment calls"
    fi
}

# ---------------------------------------------------------------- commands

who() {
    ask sts get-caller-identity --query '[Account, Arn]' || {
        cat "$errors" >&2
        printf '%s\n' "AWS does not know who calls: set credentials first, for example with aws configure." >&2
        exit 1
    }
    account=$(printf '%s' "$answer" | cut -f 1)
    caller=$(printf '%s' "$answer" | cut -f 2)
    partition=$(printf '%s' "$caller" | cut -d : -f 2)
    printf '%s\n' "Account $account, region $region, stack $stack, as $caller"
}

preflight() {
    who
    look_at_stack
    choose_template
    check_words
    check_stack
    check_leftovers
    check_bucket
    check_access_log
    check_concurrency
    check_identity
    check_sending
    check_topic
    check_rights
    if [ "$stops" -gt 0 ]; then
        printf '%s\n' "Nothing was made: $stops of these would stop the deployment."
        exit 1
    fi
    printf '%s\n' "Nothing stops the deployment."
}

# Runs the command line without its progress in percent, of which logs get thousands.
quietly() {
    aws "$@" 2>"$errors" || {
        tail -n 1 "$errors" >&2
        return 1
    }
}

package() {
    [ "$command" = deploy ] || look_at_stack
    choose_template
    quietly cloudformation package --template-file "$template" --s3-bucket "$bucket" --s3-prefix "$stack" \
        --output-template-file "$output" >/dev/null
}

# What failed in the newest operation of the stack, the first failures first.
failures() {
    # Page by page, of which the newest event is on the first.
    ask cloudformation describe-stack-events --stack-name "$stack" --no-paginate --query 'StackEvents[0].ClientRequestToken' || return 0
    token=$answer
    ask cloudformation describe-stack-events --stack-name "$stack" \
        --query "StackEvents[?ClientRequestToken=='$token' && contains(ResourceStatus, 'FAILED')].[LogicalResourceId, ResourceStatusReason]" || return 0
    printf '%s\n' "$answer" | sed '1!G;h;$!d' | head -n 5
}

deploy() {
    if [ -n "$skip_preflight" ]; then look_at_stack; else preflight; fi
    # What a first deployment made stays when it fails, so that deploying again goes on; a later one is rolled back.
    case $status in
        none | CREATE_FAILED | UPDATE_FAILED) rollback=--disable-rollback ;;
        *) rollback=--no-disable-rollback ;;
    esac
    output=$(mktemp)
    trap 'rm -f "$errors" "$output"' EXIT
    package
    set -- cloudformation deploy --stack-name "$stack" --template-file "$output" --s3-bucket "$bucket" \
        --s3-prefix "$stack" --no-fail-on-empty-changeset $rollback \
        --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND --parameter-overrides
    while IFS= read -r one; do
        [ -z "$one" ] || set -- "$@" "$one"
    done <<TEXT
$parameters
TEXT
    quietly "$@" || {
        printf '%s\n' "The deployment has failed. What failed first:" >&2
        failures >&2
        if [ $rollback = --disable-rollback ]; then
            printf '%s\n' "Deploying again goes on from here." >&2
        else
            printf '%s\n' "What was changed is rolled back." >&2
        fi
        exit 1
    }
    status
}

status() {
    [ "$command" = deploy ] || who
    look_at_stack
    case $status in
        none)
            printf '%s\n' "There is no stack $stack in $region." >&2
            exit 1
            ;;
        unknown) exit 1 ;;
    esac
    printf '%s\n' "The stack is $status."
    described Output | sort | while IFS='	' read -r name value; do
        printf '  %-26s %s\n' "$name" "$value"
    done
    identity=$(parameter MailIdentity '')
    printf '%s\n' "What waits for you:"
    check_identity
    check_sending
}

# Whether the reply to a question is the one that is wanted.
ask_whether() {
    printf '%s ' "$1"
    read -r reply || reply=
    printf '\n'
    [ "$reply" = "$2" ]
}

repair() {
    who
    look_at_stack
    case $status in
        *_COMPLETE) ;;
        unknown) exit 1 ;;
        *)
            printf '%s\n' "The stack is $status: only one that was deployed to its end can be repaired." >&2
            exit 1
            ;;
    esac
    previous=$(described Parameter | sed 's/^\([^	]*\).*/ParameterKey=\1,UsePreviousValue=true/')
    set=repair-$(date -u +%Y%m%d%H%M%S)
    # shellcheck disable=SC2086 # a list of words
    ask cloudformation create-change-set --stack-name "$stack" --change-set-name "$set" --deployment-mode REVERT_DRIFT \
        --use-previous-template --parameters $previous --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND --query Id || {
        cat "$errors" >&2
        printf '%s\n' "Nothing was changed. What to do instead: \"Repairing\" in docs/maintenance/deploying.md." >&2
        exit 1
    }
    if ! aws cloudformation wait change-set-create-complete --stack-name "$stack" --change-set-name "$set" 2>"$errors"; then
        ask cloudformation describe-change-set --stack-name "$stack" --change-set-name "$set" --query StatusReason || true
        reason=$answer
        ask cloudformation delete-change-set --stack-name "$stack" --change-set-name "$set" || true
        case $reason in
            *"didn't contain changes"* | *"No updates"*)
                printf '%s\n' "Everything is as the template has it."
                return
                ;;
        esac
        printf '%s\n' "CloudFormation cannot compare: $reason" \
            "Nothing was changed. What to do instead: \"Repairing\" in docs/maintenance/deploying.md." >&2
        exit 1
    fi
    ask cloudformation describe-change-set --stack-name "$stack" --change-set-name "$set" \
        --query 'Changes[].ResourceChange.[Action, ResourceType, LogicalResourceId, Replacement]' || {
        cat "$errors" >&2
        exit 1
    }
    printf '%s\n' "$answer" | while IFS='	' read -r action type name _; do
        printf '  %-7s %s (%s)\n' "$action" "$name" "$type"
    done
    held='	AWS::\(DynamoDB::Table\|KMS::Key\|S3::Bucket\|SecretsManager::Secret\|SQS::Queue\)	'
    refused=
    if printf '%s\n' "$answer" | grep -q '	\(True\|Conditional\)$'; then
        refused="This would replace a resource, and what it holds would be lost"
    elif printf '%s\n' "$answer" | grep -v '^Modify' | grep -q "$held"; then
        refused="This would make something empty in the place of what held data, or remove it: see docs/maintenance/restoring.md"
    fi
    if [ -z "$refused" ] && ask_whether "Bring these back to the template? (yes)" yes; then
        aws cloudformation execute-change-set --stack-name "$stack" --change-set-name "$set"
        aws cloudformation wait stack-update-complete --stack-name "$stack"
        status
        return
    fi
    ask cloudformation delete-change-set --stack-name "$stack" --change-set-name "$set" || true
    [ -z "$refused" ] || printf '%s\n' "$refused." >&2
    printf '%s\n' "Nothing was changed."
    exit 1
}

# Whether a table holds anything. What cannot be read counts as held.
holds() {
    ! ask dynamodb scan --table-name "$1" --select COUNT --limit 1 --consistent-read --no-paginate --query Count || [ "$answer" != 0 ]
}

# The names of the stack's resources of a type.
resources() {
    ask cloudformation list-stack-resources --stack-name "$stack" \
        --query "StackResourceSummaries[?ResourceType=='$1' && ResourceStatus!='DELETE_COMPLETE'].PhysicalResourceId" || return
    printf '%s' "$answer"
}

# Ends it before anything was changed.
unknown() {
    printf '%s\n' "What there is cannot be read. Nothing was changed." >&2
    exit 1
}

# Ends it, with the tables that are left protected again.
keep() {
    printf '%s\n' "$1" >&2
    for table in $(words "$lifted"); do
        if ask dynamodb update-table --table-name "$table" --deletion-protection-enabled --query TableDescription.TableName; then
            printf '%s\n' "The table $table is protected again." >&2
        fi
    done
    exit 1
}

# The first of the tables that cannot be made anew and holds something.
held_table() {
    for table in events requests customers notifications; do
        case ,$tables, in
            *,"$stack-$table",*)
                if holds "$stack-$table"; then
                    printf '%s' "$stack-$table"
                    return
                fi
                ;;
        esac
    done
}

abandon() {
    who
    look_at_stack
    case $status in
        unknown) exit 1 ;;
        REVIEW_IN_PROGRESS) ;;
        *_IN_PROGRESS)
            printf '%s\n' "The stack is $status: wait for its end." >&2
            exit 1
            ;;
    esac
    find_named
    [ -n "$all_named" ] || unknown
    if [ "$status" = none ] && [ -z "$tables$queue$secret$keys" ]; then
        printf '%s\n' "There is nothing called $stack in $region."
        return
    fi
    [ "$(described Protected)" != True ] || {
        printf '%s\n' "The stack has termination protection. Nothing was changed." >&2
        exit 1
    }
    held=$(held_table)
    [ -z "$held" ] || {
        printf '%s\n' "The table $held holds something, or cannot be read: what it holds is not deleted." \
            "Nothing was changed. To keep it without the stack, see docs/maintenance/restoring.md." >&2
        exit 1
    }
    buckets='' key_ids=''
    if [ "$status" != none ]; then
        # A bucket that is not known would stay, and lose its key.
        buckets=$(resources AWS::S3::Bucket) || unknown
        key_ids=$(resources AWS::KMS::Key) || unknown
    fi
    printf '%s\n' "These would be deleted for good:"
    [ "$status" = none ] || printf '  stack   %s (%s)\n' "$stack" "$status"
    for table in $(words "$tables"); do
        if holds "$table"; then held="which is not empty"; else held="empty"; fi
        printf '  table   %s, %s\n' "$table" "$held"
    done
    if [ -n "$queue" ]; then
        ask sqs get-queue-attributes --queue-url "$queue" --attribute-names ApproximateNumberOfMessages \
            --query Attributes.ApproximateNumberOfMessages || answer="an unknown number of"
        printf '  queue   %s, with %s letters\n' "$stack-dead-letters" "${answer:-0}"
    fi
    [ -z "$secret" ] || printf '  secret  %s: links in mails that were sent end\n' "$secret"
    for name in $buckets; do printf '  bucket  %s, if it is empty\n' "$name"; done
    for key in $key_ids; do printf '  key     %s, in 7 days, if no bucket stays\n' "$key"; done
    for alias in $(words "$keys"); do printf '  alias   %s\n' "$alias"; done
    ask_whether "To delete them, type the name of the stack:" "$stack" || {
        printf '%s\n' "Nothing was changed."
        exit 1
    }

    # A protected table cannot be deleted, by CloudFormation neither.
    lifted=$tables
    for table in $(words "$tables"); do
        ask dynamodb update-table --table-name "$table" --no-deletion-protection-enabled --query TableDescription.TableName ||
            keep "The protection of $table was not lifted: $(tail -n 1 "$errors")"
    done
    if [ "$status" != none ]; then
        aws cloudformation delete-stack --stack-name "$stack" || keep "The stack was not deleted."
        aws cloudformation wait stack-delete-complete --stack-name "$stack" || keep "The stack was not deleted."
    fi
    # The API has taken events until now.
    find_named
    held=$(held_table)
    [ -z "$held" ] && [ -n "$all_named" ] || keep "The table ${held:-of events} has come to hold something: it stays, and all keys with it."
    for table in $(words "$tables"); do
        aws dynamodb delete-table --table-name "$table" --query TableDescription.TableName --output text >/dev/null
    done
    [ -z "$queue" ] || aws sqs delete-queue --queue-url "$queue"
    [ -z "$secret" ] || aws secretsmanager delete-secret --secret-id "$secret" --force-delete-without-recovery --query Name --output text >/dev/null
    for alias in $(words "$keys"); do aws kms delete-alias --alias-name "$alias"; done
    for name in $buckets; do
        ask s3api delete-bucket --bucket "$name" || [ "$error" = NoSuchBucket ] || {
            warn "the bucket $name stays, and the keys with it: $(tail -n 1 "$errors")"
            key_ids=
        }
    done
    for key in $key_ids; do
        ask kms schedule-key-deletion --key-id "$key" --pending-window-in-days 7 --query KeyId ||
            warn "the key $key stays: $(tail -n 1 "$errors")"
    done
    [ "$status" != none ] ||
        printf '%s\n' "Keys and buckets of the earlier stack stay: what was exported can be read with them alone."
    printf '%s\n' "The identity in SES stays, which other senders may use."
}

"$command"
