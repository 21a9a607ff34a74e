// Loaded before a program that uses Google's library for Node: that knows one token endpoint, Google's, whatever the key
// says. Here it is the local Google Cloud's, TOKEN_ENDPOINT.
const http = require("node:http");
const https = require("node:https");

const request = https.request;
https.request = (url, options, callback) =>
  String(url).startsWith("https://oauth2.googleapis.com/token")
    ? http.request(process.env.TOKEN_ENDPOINT, { ...options, agent: undefined }, callback)
    : request(url, options, callback);
