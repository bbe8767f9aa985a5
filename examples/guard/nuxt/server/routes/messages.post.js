export default defineEventHandler((event) => `sent by ${event.context.token.name}`);
