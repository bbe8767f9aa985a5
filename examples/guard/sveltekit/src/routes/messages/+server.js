export const POST = ({ locals }) => new Response(`sent by ${locals.token.name}`);
