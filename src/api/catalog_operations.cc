#include "api/operation.h"
#include "chat/access.h"
#include "chat/catalog.h"
#include "chat/channel_types.h"
#include "chat/commands.h"

namespace hookline::api {
namespace {

using chat::Format;

// Stream answers with names where a type is written, with objects where it is read.
void WriteCommandNames(json::Writer& w, const chat::ChannelType& type) {
  w.Key("commands").BeginArray();
  for (const chat::Command& command : type.commands->list) w.String(command.name);
  w.EndArray();
}

void WriteRights(json::Writer& w, const chat::ChannelType& type) {
  w.Key("permissions").BeginArray().EndArray();
  w.Key("grants");
  chat::WriteGrants(w, type);
}

void WriteReadType(json::Writer& w, const chat::ChannelType& type, Format format) {
  chat::WriteChannelTypeFields(w, type, format);
  chat::WriteCommands(w, *type.commands, format);
  WriteRights(w, type);
}

void WriteWrittenType(json::Writer& w, const chat::ChannelType& type, Format format) {
  chat::WriteChannelTypeFields(w, type, format);
  WriteCommandNames(w, type);
  WriteRights(w, type);
}

Result<void> CreateChannelType(WriteScope& scope, json::Writer& w) {
  auto type = chat::CreateChannelType(scope.chat, scope.call.body());
  if (!type) return std::unexpected(type.error());
  WriteWrittenType(w, **type, scope.call.format);
  return {};
}

Result<void> GetChannelType(ReadScope& scope, json::Writer& w) {
  auto type = chat::RequireChannelType(scope.chat, scope.call.args[0]);
  if (!type) return std::unexpected(type.error());
  WriteReadType(w, **type, scope.call.format);
  return {};
}

Result<void> ListChannelTypes(ReadScope& scope, json::Writer& w) {
  const chat::CatalogPtr catalog = scope.store.FindCatalog(scope.call.app->id);
  w.Key("channel_types").BeginObject();
  for (const chat::ChannelType& type : catalog->types()) {
    w.Key(type.name).BeginObject();
    WriteReadType(w, type, scope.call.format);
    w.EndObject();
  }
  w.EndObject();
  return {};
}

Result<void> UpdateChannelType(WriteScope& scope, json::Writer& w) {
  auto type = chat::UpdateChannelType(scope.chat, scope.call.args[0], scope.call.body());
  if (!type) return std::unexpected(type.error());
  WriteWrittenType(w, **type, scope.call.format);
  return {};
}

Result<void> DeleteChannelType(WriteScope& scope, json::Writer&) {
  return chat::DeleteChannelType(scope.chat, scope.call.args[0]);
}

void WriteCommand(json::Writer& w, const chat::Command& command, Format format) {
  w.BeginObject();
  chat::WriteCommandFields(w, command, format);
  w.EndObject();
}

Result<void> CreateCommand(WriteScope& scope, json::Writer& w) {
  auto command = chat::CreateCommand(scope.chat, scope.call.body());
  if (!command) return std::unexpected(command.error());
  w.Key("command");
  WriteCommand(w, *command, scope.call.format);
  return {};
}

// Flat, unlike the answers to creation and update (docs/contract/routes.md#commands).
Result<void> GetCommand(ReadScope& scope, json::Writer& w) {
  auto command = chat::RequireCommand(scope.chat, scope.call.args[0]);
  if (!command) return std::unexpected(command.error());
  chat::WriteCommandFields(w, *command, scope.call.format);
  return {};
}

Result<void> ListCommands(ReadScope& scope, json::Writer& w) {
  const chat::CatalogPtr catalog = scope.store.FindCatalog(scope.call.app->id);
  w.Key("commands").BeginArray();
  for (const chat::Command& command : catalog->commands()) {
    WriteCommand(w, command, scope.call.format);
  }
  w.EndArray();
  return {};
}

Result<void> UpdateCommand(WriteScope& scope, json::Writer& w) {
  auto command = chat::UpdateCommand(scope.chat, scope.call.args[0], scope.call.body());
  if (!command) return std::unexpected(command.error());
  w.Key("command");
  WriteCommand(w, *command, scope.call.format);
  return {};
}

Result<void> DeleteCommand(WriteScope& scope, json::Writer& w) {
  if (auto deleted = chat::DeleteCommand(scope.chat, scope.call.args[0]); !deleted) return deleted;
  w.Field("name", scope.call.args[0]);
  return {};
}

constexpr Operation kOperations[] = {
    {.method = "POST",
     .path = "/channeltypes",
     .name = "CreateChannelType",
     .write = CreateChannelType},
    {.method = "GET",
     .path = "/channeltypes",
     .name = "ListChannelTypes",
     .read = ListChannelTypes},
    {.method = "GET",
     .path = "/channeltypes/{name}",
     .name = "GetChannelType",
     .read = GetChannelType},
    {.method = "PUT",
     .path = "/channeltypes/{name}",
     .name = "UpdateChannelType",
     .write = UpdateChannelType},
    {.method = "DELETE",
     .path = "/channeltypes/{name}",
     .name = "DeleteChannelType",
     .write = DeleteChannelType},
    {.method = "POST", .path = "/commands", .name = "CreateCommand", .write = CreateCommand},
    {.method = "GET", .path = "/commands", .name = "ListCommands", .read = ListCommands},
    {.method = "GET", .path = "/commands/{name}", .name = "GetCommand", .read = GetCommand},
    {.method = "PUT", .path = "/commands/{name}", .name = "UpdateCommand", .write = UpdateCommand},
    {.method = "DELETE",
     .path = "/commands/{name}",
     .name = "DeleteCommand",
     .write = DeleteCommand},
};

}  // namespace

std::span<const Operation> CatalogOperations() { return kOperations; }

}  // namespace hookline::api
