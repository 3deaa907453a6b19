// socket.io 4 as its users broadcast: everybody in a room, POST /pub tells it.
const http = require("http");
const { Server } = require("socket.io");

const server = http.createServer((request, response) => {
  let body = "";
  request.on("data", (part) => (body += part));
  request.on("end", () => {
    io.to("all").emit("ev", body);
    response.writeHead(200, { "Content-Length": 2 });
    response.end("ok");
  });
});
// Its pings would fall into what is measured in turns with it.
const io = new Server(server, { serveClient: false, pingInterval: 600000 });
io.on("connection", (socket) => socket.join("all"));
server.listen(Number(process.argv[2]), "127.0.0.1", 4096);
