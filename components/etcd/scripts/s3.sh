# Objects in S3, or in a store like it, by curl alone: no AWS CLI on a controller.
# shellcheck shell=bash

# Arguments of the scripts that read this.
endpoint=    # the URL of an S3-compatible store, or "" for AWS
region=      # the bucket's
keys_file=   # a file with "access key:secret key", or "" for the instance's role

readonly metadata=http://169.254.169.254/latest

# What S3 takes in one request (Amazon S3 User Guide, "Uploading objects"), and how much goes into each where a
# file is larger, in bytes: as a file of its own, in the room that a snapshot leaves free on its disk.
largest_put=$((5 * 1024 ** 3))
part_bytes=$((256 * 1024 ** 2))

# s3_put FILE BUCKET KEY SHA256
s3_put() {
  if (($(stat --format=%s "$1") > largest_put)); then
    s3_put_parts "$@"
  else
    # S3 compares the content with the checksum that is signed.
    s3_request "$2" "$3" --upload-file "$1" --header "x-amz-content-sha256: $4" >/dev/null
  fi
}

# s3_put_parts FILE BUCKET KEY: what is sent of an upload that does not come to its end is the bucket's to forget
# (its lifecycle: AbortIncompleteMultipartUpload).
s3_put_parts() {
  local file=$1 bucket=$2 key=$3 size number upload said etag list=''
  local part=$1.part
  to_remove+=("$part" "$part.headers")
  size=$(stat --format=%s "$file")
  said=$(s3_request "$bucket" "$key?uploads=" --request POST --header "x-amz-content-sha256: $(sha256_of </dev/null)")
  upload=$(sed -n 's|.*<UploadId>\([A-Za-z0-9._~-]*\)</UploadId>.*|\1|p' <<<"${said//></>$'\n'<}")
  [[ -n $upload ]] || fail "s3://$bucket/$key: the store began no upload in parts: $(tr -cd '[:print:]' <<<"${said:0:500}")"
  for ((number = 1; (number - 1) * part_bytes < size; number++)); do
    dd if="$file" of="$part" bs=1M skip=$(((number - 1) * part_bytes)) count="$part_bytes" \
      iflag=skip_bytes,count_bytes status=none
    s3_request "$bucket" "$key?partNumber=$number&uploadId=$upload" --upload-file "$part" \
      --dump-header "$part.headers" --header "x-amz-content-sha256: $(sha256_of <"$part")" >/dev/null
    etag=$(sed -n 's/^[Ee][Tt][Aa][Gg]: *"\?\([0-9A-Za-z-]*\).*/\1/p' "$part.headers" | tail -n 1)
    list+="<Part><PartNumber>$number</PartNumber><ETag>\"$etag\"</ETag></Part>"
    say "uploaded part $number of $(((size + part_bytes - 1) / part_bytes))"
  done
  printf '<CompleteMultipartUpload>%s</CompleteMultipartUpload>' "$list" >"$part"
  said=$(s3_request "$bucket" "$key?uploadId=$upload" --request POST --upload-file "$part" \
    --header "x-amz-content-sha256: $(sha256_of <"$part")")
  # It says 200 before it has put them together.
  [[ $said != *"<Error>"* ]] || fail "s3://$bucket/$key: $(s3_reason "$said")"
}

sha256_of() { sha256sum | cut -d ' ' -f 1; }

# s3_get BUCKET KEY FILE
s3_get() {
  s3_request "$1" "$2" --output "$3" --header "x-amz-content-sha256: $(sha256_of </dev/null)"
}

# s3_size BUCKET KEY: in bytes; nothing where the store does not tell it, for whatever reason.
s3_size() {
  local said
  said=$(s3_request "$1" "$2" --head --header "x-amz-content-sha256: $(sha256_of </dev/null)" 2>/dev/null) || return 0
  sed -n 's/^[Cc]ontent-[Ll]ength: *\([0-9]\{1,15\}\).*/\1/p' <<<"$said" | tail -n 1
}

# s3_request BUCKET KEY OPTION...: one signed request: prints the answer, or fails with what the store has against it.
s3_request() {
  local bucket=$1 key=$2 url keys said why
  shift 2
  why=$(why_no_bucket)
  [[ $why == "" ]] || fail "$why"
  url=$(s3_url "$bucket" "$key")
  keys=$(s3_keys)
  # By its standard input: a command line can be read by everybody on the machine.
  said=$(curl --config - --silent --show-error --fail-with-body --aws-sigv4 "aws:amz:$region:s3" \
    --connect-timeout 10 --speed-limit 1024 --speed-time 60 --max-time 3600 --retry 2 \
    "$@" "$url" 2>&1 <<<"$keys") || fail "s3://$bucket/$key by $url: $(s3_reason "$said" "$@")"
  printf '%s' "$said"
}

s3_url() {
  local domain=amazonaws.com
  [[ $region != cn-* ]] || domain=amazonaws.com.cn
  if [[ -n $endpoint ]]; then
    echo "$endpoint/$1/$2"
  else
    echo "https://$1.s3.$region.$domain/$2"
  fi
}

# The error document's code and message, or what curl said.
s3_reason() {
  local text=$1 index
  shift
  # An answer that was to become a file is in it.
  for ((index = 1; index < $#; index++)); do
    [[ ${!index} != --output ]] || text+=$(head -c 2000 "${*:index + 1:1}" 2>/dev/null | tr -d '\0' || true)
  done
  if [[ $text == *"<Code>"* ]]; then
    sed -n 's|.*<Code>\([^<]*\)</Code>.*|\1|p; s|.*<Message>\([^<]*\)</Message>.*|(\1)|p' <<<"${text//></>$'\n'<}" | tr '\n' ' '
  else
    tr '\n' ' ' <<<"$text"
  fi
}

# The lines of curl's configuration that sign a request.
s3_keys() {
  if [[ -n $keys_file ]]; then
    printf 'user = "%s"\n' "$(cat "$keys_file")"
    return
  fi
  local token role answer
  token=$(curl --silent --show-error --fail --max-time 5 --request PUT \
    --header "X-aws-ec2-metadata-token-ttl-seconds: 60" "$metadata/api/token") ||
    fail "there are no access keys for snapshots in the settings, and no instance metadata here to give some (see above)"
  role=$(from_metadata "$token" meta-data/iam/security-credentials/) ||
    fail "this instance has no role that gives access to a bucket"
  answer=$(from_metadata "$token" "meta-data/iam/security-credentials/$role")
  printf 'user = "%s:%s"\nheader = "X-Amz-Security-Token: %s"\n' \
    "$(field AccessKeyId "$answer")" "$(field SecretAccessKey "$answer")" "$(field Token "$answer")"
}

from_metadata() {
  curl --config - --silent --show-error --fail --max-time 5 "$metadata/$2" <<<"header = \"X-aws-ec2-metadata-token: $1\""
}
