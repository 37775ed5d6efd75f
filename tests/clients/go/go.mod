module hookline/tests/clients/go

go 1.23

require github.com/GetStream/stream-chat-go/v8 v8.3.0

require github.com/golang-jwt/jwt/v4 v4.5.1 // indirect
