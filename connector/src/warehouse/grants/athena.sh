# Amazon Athena: a role of IAM for the connector that may read the Elementary schema and nothing else. Athena has no grants of
# its own: IAM decides (and Lake Formation where you use it: there grant SELECT and DESCRIBE on the database's tables, with
# "all tables", so that it holds for those that dbt re-creates).
#
# A script for a shell. It takes what only you know from variables:
: "${REGION:?}" "${ACCOUNT:?the number of the AWS account}" "${WORKGROUP:?a workgroup for the connector alone}"
: "${DATA:?bucket and prefix of the schema's files, such as lake/elementary}" "${RESULTS:?bucket and prefix of the workgroup's results}"

aws iam put-role-policy --role-name '{role:raw}' --policy-name elementary-connector --policy-document "$(cat <<POLICY
{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "RunInOneWorkgroup", "Effect": "Allow",
     "Action": ["athena:StartQueryExecution", "athena:StopQueryExecution", "athena:GetQueryExecution", "athena:GetQueryResults", "athena:GetWorkGroup"],
     "Resource": "arn:aws:athena:$REGION:$ACCOUNT:workgroup/$WORKGROUP"},
    {"Sid": "SeeOneSchema", "Effect": "Allow",
     "Action": ["glue:GetDatabase", "glue:GetTable", "glue:GetTables", "glue:GetPartition", "glue:GetPartitions", "glue:BatchGetPartition"],
     "Resource": ["arn:aws:glue:$REGION:$ACCOUNT:catalog", "arn:aws:glue:$REGION:$ACCOUNT:database/{schema:raw}", "arn:aws:glue:$REGION:$ACCOUNT:table/{schema:raw}/*"]},
    {"Sid": "ReadItsFiles", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::$DATA/*"},
    {"Sid": "ListItsFiles", "Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetBucketLocation"],
     "Resource": ["arn:aws:s3:::${DATA%%/*}", "arn:aws:s3:::${RESULTS%%/*}"]},
    {"Sid": "KeepResultsWhereAthenaPutsThem", "Effect": "Allow",
     "Action": ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"], "Resource": "arn:aws:s3:::$RESULTS/*"}
  ]
}
POLICY
)"

# Let the workgroup enforce its own settings, keep its results under a prefix of its own that is emptied after a day, and cut queries off
# at a number of bytes. Athena cannot answer without writing its results: this prefix is the only place that the role writes to.
