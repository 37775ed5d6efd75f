// Package clients names the official clients whose own tests are run against a server: importing
// them here keeps them in go.mod. Their tests stay where they are, in the modules.
package clients

import _ "github.com/GetStream/stream-chat-go/v8" // keeps the module in go.mod
