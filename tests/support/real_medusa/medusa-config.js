// A Medusa on loopback without its dashboard: enough for its Admin API.
const { defineConfig } = require("@medusajs/framework/utils")

const origin = "http://127.0.0.1"

module.exports = defineConfig({
  admin: { disable: true },
  projectConfig: {
    databaseUrl: process.env.DATABASE_URL,
    http: {
      host: "127.0.0.1",
      storeCors: origin,
      adminCors: origin,
      authCors: origin,
      jwtSecret: "loopback",
      cookieSecret: "loopback",
    },
  },
})
