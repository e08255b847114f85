// Creates the replica set and its two users. Running it again changes nothing. mongosh runs it in the network of mongo-1:
// while there is no user, MongoDB accepts connections from its own machine only.
const { readFileSync } = require("fs");

const secret = (name) => readFileSync(`/run/secrets/${name}`, "utf8").trim();
const root = { user: "root", pwd: secret("mongo-root-password") };
const members = ["mongo-1", "mongo-2", "mongo-3"].map((name, _id) => ({
  _id,
  host: `${name}:27017`,
  // The member that this script is connected to is elected first.
  priority: _id === 0 ? 2 : 1,
}));

const admin = db.getSiblingDB("admin");

function isKnown() {
  try {
    return admin.auth(root.user, root.pwd).ok === 1;
  } catch {
    return false;
  }
}

if (!isKnown()) {
  try {
    rs.initiate({ _id: "actions", members });
  } catch (error) {
    if (error.codeName !== "AlreadyInitialized") throw error;
  }
  while (!db.hello().isWritablePrimary) sleep(500);
  admin.createUser({ ...root, roles: ["root"] }, { w: "majority" });
}

// Connect to the set, not to this member: another member may be primary by now.
const hosts = members.map(({ host }) => host).join(",");
const set = new Mongo(`mongodb://${root.user}:${root.pwd}@${hosts}/admin?replicaSet=actions`).getDB("admin");
if (set.getUser("actions") === null) {
  // Only the right that the server needs: its own database.
  const roles = [{ role: "readWrite", db: "actions" }];
  set.createUser({ user: "actions", pwd: secret("mongo-app-password"), roles }, { w: "majority" });
}
print("The replica set and its users are there.");
