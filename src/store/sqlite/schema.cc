#include "store/sqlite/schema.h"

#include <iterator>

// Conventions: times are nanoseconds since 1970, 0 is "never"; flags are 0 or 1; lists and objects
// are JSON text. The columns that queries look at come first in a row, long texts last, so that
// SQLite need not walk over the latter.
namespace hookline::store::sqlite {
namespace {

constexpr const char* kVersion1 = R"sql(
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES ('epoch', 0), ('probe', 0);

-- AUTOINCREMENT here and below: a number that others may remember is never given twice.
CREATE TABLE apps (
  pk            INTEGER PRIMARY KEY AUTOINCREMENT,
  use_hook_v2   INTEGER NOT NULL,
  created_at    INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL,
  revoke_tokens_issued_before INTEGER NOT NULL,
  name          TEXT NOT NULL,
  fields        TEXT NOT NULL
) STRICT;

CREATE TABLE api_keys (
  pk         INTEGER PRIMARY KEY,
  app        INTEGER NOT NULL,
  key        TEXT NOT NULL UNIQUE,
  secret     TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  retired_at INTEGER NOT NULL
) STRICT;
CREATE INDEX api_keys_app ON api_keys (app);

-- A deleted hook keeps its row: the history of deliveries names it.
CREATE TABLE hooks (
  pk              INTEGER PRIMARY KEY AUTOINCREMENT,
  app             INTEGER NOT NULL,
  deleted         INTEGER NOT NULL DEFAULT 0,
  position        INTEGER NOT NULL,
  type            INTEGER NOT NULL,
  enabled         INTEGER NOT NULL,
  custom_events   INTEGER NOT NULL,
  payload_v2      INTEGER NOT NULL,
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL,
  cancel_up_to    INTEGER NOT NULL,
  id              TEXT NOT NULL,
  disabled_reason TEXT NOT NULL,
  event_types     TEXT NOT NULL,
  product         TEXT NOT NULL,
  url             TEXT NOT NULL,
  retry           TEXT NOT NULL,
  doc             TEXT NOT NULL
) STRICT;
CREATE INDEX hooks_app ON hooks (app, id);

CREATE TABLE users (
  app            INTEGER NOT NULL,
  id             TEXT NOT NULL,
  created_at     INTEGER NOT NULL,
  updated_at     INTEGER NOT NULL,
  deleted_at     INTEGER NOT NULL,
  deactivated_at INTEGER NOT NULL,
  last_active    INTEGER NOT NULL,
  revoke_tokens_issued_before INTEGER NOT NULL,
  invisible      INTEGER NOT NULL,
  banned         INTEGER NOT NULL,
  shadow_banned  INTEGER NOT NULL,
  role           TEXT NOT NULL,
  name           TEXT,
  image          TEXT,
  language       TEXT NOT NULL,
  teams          TEXT NOT NULL,
  teams_role     TEXT NOT NULL,
  privacy_settings TEXT NOT NULL,
  custom         TEXT NOT NULL,
  PRIMARY KEY (app, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX users_created ON users (app, created_at);

CREATE TABLE channels (
  pk                 INTEGER PRIMARY KEY AUTOINCREMENT,
  app                INTEGER NOT NULL,
  type               TEXT NOT NULL,
  id                 TEXT NOT NULL,
  countable_messages INTEGER NOT NULL,
  message_count      INTEGER NOT NULL,
  member_count       INTEGER NOT NULL,
  last_message_at    INTEGER NOT NULL,
  created_at         INTEGER NOT NULL,
  updated_at         INTEGER NOT NULL,
  deleted_at         INTEGER NOT NULL,
  truncated_at       INTEGER NOT NULL,
  frozen             INTEGER NOT NULL,
  disabled           INTEGER NOT NULL,
  cooldown           INTEGER NOT NULL,
  created_by_id      TEXT NOT NULL,
  truncated_by_id    TEXT NOT NULL,
  team               TEXT NOT NULL,
  filter_tags        TEXT NOT NULL,
  config_overrides   TEXT NOT NULL,
  custom             TEXT NOT NULL
) STRICT;
-- Only among the live: the cid of a deleted channel can be used again.
CREATE UNIQUE INDEX channels_cid ON channels (app, type, id) WHERE deleted_at = 0;

-- Channels taken out of reach whose rows are still to be removed.
CREATE TABLE purges (channel INTEGER PRIMARY KEY) STRICT;

CREATE TABLE members (
  channel     INTEGER NOT NULL,
  user_id     TEXT NOT NULL,
  app         INTEGER NOT NULL,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  read_count  INTEGER NOT NULL,
  last_read_at INTEGER NOT NULL,
  last_read_message_id TEXT NOT NULL,
  is_moderator INTEGER NOT NULL,
  banned      INTEGER NOT NULL,
  shadow_banned INTEGER NOT NULL,
  notifications_muted INTEGER NOT NULL,
  invited     INTEGER NOT NULL,
  invite_accepted_at INTEGER NOT NULL,
  invite_rejected_at INTEGER NOT NULL,
  pinned_at   INTEGER NOT NULL,
  archived_at INTEGER NOT NULL,
  channel_role TEXT NOT NULL,
  role        TEXT NOT NULL,
  custom      TEXT NOT NULL,
  PRIMARY KEY (channel, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_user ON members (app, user_id);
CREATE INDEX members_created ON members (channel, created_at);

CREATE TABLE messages (
  pk               INTEGER PRIMARY KEY,
  app              INTEGER NOT NULL,
  channel          INTEGER NOT NULL,
  listed           INTEGER NOT NULL,  -- Shown in the channel's own list.
  created_at       INTEGER NOT NULL,
  id               TEXT NOT NULL,
  parent_id        TEXT NOT NULL,
  pinned           INTEGER NOT NULL,
  pinned_at        INTEGER NOT NULL,
  updated_at       INTEGER NOT NULL,
  deleted_at       INTEGER NOT NULL,
  text_updated_at  INTEGER NOT NULL,
  pin_expires      INTEGER NOT NULL,
  reply_count      INTEGER NOT NULL,
  deleted_reply_count INTEGER NOT NULL,
  show_in_channel  INTEGER NOT NULL,
  silent           INTEGER NOT NULL,
  shadowed         INTEGER NOT NULL,
  countable        INTEGER NOT NULL,
  user_id          TEXT NOT NULL,
  type             TEXT NOT NULL,
  command          TEXT NOT NULL,
  args             TEXT NOT NULL,
  quoted_message_id TEXT NOT NULL,
  pinned_by_id     TEXT NOT NULL,
  mentioned_user_ids TEXT NOT NULL,
  restricted_visibility TEXT NOT NULL,
  thread_participant_ids TEXT NOT NULL,
  reaction_groups  TEXT NOT NULL,
  i18n             TEXT NOT NULL,
  text             TEXT NOT NULL,
  html             TEXT NOT NULL,
  mml              TEXT NOT NULL,
  attachments      TEXT NOT NULL,
  custom           TEXT NOT NULL,
  UNIQUE (app, id)
) STRICT;
-- Each message is in one of the first two; the others cost only those that they are about.
CREATE INDEX messages_listed ON messages (channel, created_at) WHERE listed = 1;
CREATE INDEX messages_unlisted ON messages (channel) WHERE listed = 0;
CREATE INDEX messages_replies ON messages (app, parent_id, created_at) WHERE parent_id <> '';
CREATE INDEX messages_pinned ON messages (channel, pinned_at) WHERE pinned = 1;

CREATE TABLE reactions (
  message    INTEGER NOT NULL,
  user_id    TEXT NOT NULL,
  type       TEXT NOT NULL,
  app        INTEGER NOT NULL,
  score      INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  custom     TEXT NOT NULL,
  PRIMARY KEY (message, user_id, type)
) STRICT, WITHOUT ROWID;
CREATE INDEX reactions_created ON reactions (message, created_at);

CREATE TABLE tasks (
  app        INTEGER NOT NULL,
  id         TEXT NOT NULL,
  status     TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  result     TEXT NOT NULL,
  error      TEXT NOT NULL,
  PRIMARY KEY (app, id)
) STRICT, WITHOUT ROWID;

-- Rows are in the order of their making, so that the expired ones are the first.
CREATE TABLE idempotent_replies (
  pk          INTEGER PRIMARY KEY,
  app         INTEGER NOT NULL,
  key         TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  status      INTEGER NOT NULL,
  fingerprint TEXT NOT NULL,
  body        TEXT NOT NULL,
  UNIQUE (app, key)
) STRICT;

CREATE TABLE events (
  pk           INTEGER PRIMARY KEY,
  app          INTEGER NOT NULL,
  custom       INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  type         TEXT NOT NULL,
  product      TEXT NOT NULL,
  channel_type TEXT NOT NULL,
  channel_id   TEXT NOT NULL,
  cid          TEXT NOT NULL,
  user_id      TEXT NOT NULL,
  body_v1      BLOB,
  body_v2      BLOB
) STRICT;

-- last_* are the figures of the latest attempt; earlier failures are in attempts.
CREATE TABLE deliveries (
  pk              INTEGER PRIMARY KEY,
  hook            INTEGER NOT NULL,
  state           INTEGER NOT NULL,
  next_attempt_at INTEGER NOT NULL,
  uuid            BLOB NOT NULL,
  event           INTEGER NOT NULL,
  attempts        INTEGER NOT NULL,
  budget_used_ms  INTEGER NOT NULL,
  epoch           INTEGER NOT NULL,
  redelivery_base INTEGER NOT NULL,
  manual          INTEGER NOT NULL,
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL,
  last_failure    INTEGER NOT NULL DEFAULT 0,
  last_status     INTEGER NOT NULL DEFAULT 0,
  last_started_at INTEGER NOT NULL DEFAULT 0,
  last_elapsed    INTEGER NOT NULL DEFAULT 0,
  reason          TEXT NOT NULL DEFAULT '',
  last_detail     TEXT NOT NULL DEFAULT ''
) STRICT;
-- UUIDs of version 7 grow with time: entries are appended.
CREATE UNIQUE INDEX deliveries_uuid ON deliveries (uuid);
-- What is delivered is in neither of these, so that history does not weigh on them.
CREATE INDEX deliveries_pending ON deliveries (hook, next_attempt_at) WHERE state = 0;
CREATE INDEX deliveries_dead ON deliveries (hook) WHERE state = 2;
CREATE INDEX deliveries_cancelled ON deliveries (hook) WHERE state = 3;
CREATE INDEX deliveries_hook ON deliveries (hook);

CREATE TABLE attempts (
  delivery   INTEGER NOT NULL,
  attempt    INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  failure    INTEGER NOT NULL,
  status     INTEGER NOT NULL,
  elapsed    INTEGER NOT NULL,
  detail     TEXT NOT NULL,
  PRIMARY KEY (delivery, attempt)
) STRICT, WITHOUT ROWID;
)sql";

constexpr const char* kVersion2 = R"sql(
CREATE TABLE channel_types (
  app        INTEGER NOT NULL,
  name       TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  fields     TEXT NOT NULL,
  PRIMARY KEY (app, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE commands (
  app         INTEGER NOT NULL,
  name        TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  description TEXT NOT NULL,
  args        TEXT NOT NULL,
  in_set      TEXT NOT NULL,
  PRIMARY KEY (app, name)
) STRICT, WITHOUT ROWID;

-- Grows with every change of the app's rows in the two above, so that readers see that what they
-- made of them is old.
CREATE TABLE catalogs (
  app     INTEGER PRIMARY KEY,
  version INTEGER NOT NULL
) STRICT;
)sql";

constexpr const char* kVersion3 = R"sql(
CREATE TABLE ephemerals (
  pk          INTEGER PRIMARY KEY,
  app         INTEGER NOT NULL,
  id          TEXT NOT NULL,
  expires_at  INTEGER NOT NULL,
  channel     INTEGER NOT NULL,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  show_in_channel INTEGER NOT NULL,
  silent      INTEGER NOT NULL,
  cid         TEXT NOT NULL,
  user_id     TEXT NOT NULL,
  command     TEXT NOT NULL,
  args        TEXT NOT NULL,
  parent_id   TEXT NOT NULL,
  quoted_message_id TEXT NOT NULL,
  mentioned_user_ids TEXT NOT NULL,
  restricted_visibility TEXT NOT NULL,
  i18n        TEXT NOT NULL,
  text        TEXT NOT NULL,
  html        TEXT NOT NULL,
  mml         TEXT NOT NULL,
  attachments TEXT NOT NULL,
  custom      TEXT NOT NULL,
  UNIQUE (app, id)
) STRICT;
CREATE INDEX ephemerals_expiry ON ephemerals (expires_at);

CREATE TABLE mutes (
  app        INTEGER NOT NULL,
  user_id    TEXT NOT NULL,
  target_id  TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (app, user_id, target_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX mutes_expiry ON mutes (expires_at) WHERE expires_at > 0;

CREATE TABLE bans (
  app          INTEGER NOT NULL,
  user_id      TEXT NOT NULL,
  channel      INTEGER NOT NULL,
  shadow       INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL,
  banned_by_id TEXT NOT NULL,
  reason       TEXT NOT NULL,
  PRIMARY KEY (app, user_id, channel)
) STRICT, WITHOUT ROWID;
CREATE INDEX bans_expiry ON bans (expires_at) WHERE expires_at > 0;

CREATE TABLE flags (
  app               INTEGER NOT NULL,
  target_user_id    TEXT NOT NULL,
  target_message_id TEXT NOT NULL,
  user_id           TEXT NOT NULL,
  created_at        INTEGER NOT NULL,
  updated_at        INTEGER NOT NULL,
  id                TEXT NOT NULL,
  reason            TEXT NOT NULL,
  custom            TEXT NOT NULL,
  PRIMARY KEY (app, target_user_id, target_message_id, user_id)
) STRICT, WITHOUT ROWID;
)sql";

constexpr const char* kVersion4 = R"sql(
ALTER TABLE channels ADD COLUMN reveals INTEGER NOT NULL DEFAULT 0;
ALTER TABLE channels ADD COLUMN unread_floor INTEGER NOT NULL DEFAULT 0;
ALTER TABLE channels ADD COLUMN auto_translation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE channels ADD COLUMN auto_translation_language TEXT NOT NULL DEFAULT '';
ALTER TABLE channels ADD COLUMN newest_message_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE members ADD COLUMN history_from INTEGER NOT NULL DEFAULT 0;
ALTER TABLE members ADD COLUMN hidden_mark INTEGER NOT NULL DEFAULT -1;

-- Who wrote when, in channels with slow mode. A row is of use for as long as the longest cooldown.
CREATE TABLE last_sent (
  channel INTEGER NOT NULL,
  user_id TEXT NOT NULL,
  at      INTEGER NOT NULL,
  PRIMARY KEY (channel, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX last_sent_at ON last_sent (at);

-- Channels whose messages of before are still to be removed.
CREATE TABLE truncations (
  channel INTEGER PRIMARY KEY,
  before  INTEGER NOT NULL
) STRICT;

-- The table before this one did not say to whom the answers went, so nobody can have them again.
-- `bytes` is about the room that a row takes; idempotent_bytes sums it up for each app.
DROP TABLE idempotent_replies;
CREATE TABLE idempotent_replies (
  pk          INTEGER PRIMARY KEY,
  app         INTEGER NOT NULL,
  created_at  INTEGER NOT NULL,
  status      INTEGER NOT NULL,
  bytes       INTEGER NOT NULL,
  caller      TEXT NOT NULL,
  key         TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  made        TEXT NOT NULL,
  body        TEXT NOT NULL,
  UNIQUE (app, caller, key)
) STRICT;
CREATE INDEX idempotent_replies_app ON idempotent_replies (app);
CREATE TABLE idempotent_bytes (
  app   INTEGER PRIMARY KEY,
  bytes INTEGER NOT NULL
) STRICT;
CREATE TRIGGER idempotent_replies_added AFTER INSERT ON idempotent_replies BEGIN
  INSERT INTO idempotent_bytes VALUES (new.app, new.bytes)
    ON CONFLICT (app) DO UPDATE SET bytes = bytes + new.bytes;
END;
CREATE TRIGGER idempotent_replies_removed AFTER DELETE ON idempotent_replies BEGIN
  UPDATE idempotent_bytes SET bytes = bytes - old.bytes WHERE app = old.app;
END;

-- Who has deleted which message for themselves.
CREATE TABLE deleted_for (
  message INTEGER NOT NULL,
  user_id TEXT NOT NULL,
  at      INTEGER NOT NULL,
  PRIMARY KEY (message, user_id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER messages_deleted_for AFTER DELETE ON messages BEGIN
  DELETE FROM deleted_for WHERE message = old.pk;
END;

CREATE INDEX messages_pin_expiry ON messages (pin_expires) WHERE pinned = 1 AND pin_expires > 0;
)sql";

// Without figures SQLite takes an app for ten channels, and would look at all of an app's to find
// those of one user. The figures are made up: they need only be true in kind.
constexpr const char* kVersion5 = R"sql(
ANALYZE catalogs;
DELETE FROM sqlite_stat1;
INSERT INTO sqlite_stat1 VALUES ('channels', 'channels_cid', '1000000 1000 500 1');
ANALYZE sqlite_schema;
)sql";

constexpr const char* kVersion6 = R"sql(
-- Threads whose parents are deleted for good and whose replies are still to be removed.
CREATE TABLE removed_threads (
  app       INTEGER NOT NULL,
  parent_id TEXT NOT NULL,
  PRIMARY KEY (app, parent_id)
) STRICT, WITHOUT ROWID;
)sql";

// Old ones are removed by their age.
constexpr const char* kVersion7 = R"sql(
CREATE INDEX tasks_created ON tasks (created_at);
)sql";

// A ban and a shadow ban of the same user are two.
constexpr const char* kVersion8 = R"sql(
CREATE TABLE bans_of_both_kinds (
  app          INTEGER NOT NULL,
  user_id      TEXT NOT NULL,
  channel      INTEGER NOT NULL,
  shadow       INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL,
  banned_by_id TEXT NOT NULL,
  reason       TEXT NOT NULL,
  PRIMARY KEY (app, user_id, channel, shadow)
) STRICT, WITHOUT ROWID;
INSERT INTO bans_of_both_kinds SELECT * FROM bans;
DROP TABLE bans;
ALTER TABLE bans_of_both_kinds RENAME TO bans;
CREATE INDEX bans_expiry ON bans (expires_at) WHERE expires_at > 0;
)sql";

constexpr const char* kSteps[] = {kVersion1, kVersion2, kVersion3, kVersion4,
                                  kVersion5, kVersion6, kVersion7, kVersion8};

}  // namespace

std::span<const char* const> SchemaSteps() { return kSteps; }

}  // namespace hookline::store::sqlite
